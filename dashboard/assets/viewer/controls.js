// The rows under the picture: frame, window and level, layers, the line between two pictures; and the buttons of the regions.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function row(words, input, said, ...more) {
  const id = `v-${words.replace(/\W+/g, "-").toLowerCase()}`;
  input.id = id;
  return element("div", { class: "v-row" }, element("label", { for: id }, words), input, said, ...more);
}

function range(least, most, value, step, name) {
  const made = element("input", { type: "range", min: least, max: most, step, "aria-label": name });
  made.value = value;
  return made;
}

function frameRow(view) {
  const input = range(1, view.frames, view.number + 1, 1, "Frame");
  const said = element("output", {}, `${view.number + 1} of ${view.frames}`);
  input.oninput = () => (said.textContent = `${input.value} of ${view.frames}`);
  input.onchange = () => view.ask(+input.value - 1);
  return row("Frame", input, said);
}

function windowRows(view) {
  const { picture, window } = view;
  const span = Math.max(picture.high - picture.low, 1), step = span > 50 ? 1 : span / 200;
  const width = range(Math.min(1, step), Math.max(2 * span, window.width), window.width, step, "Window width");
  const level = range(picture.low, picture.high, window.centre, step, "Window level");
  const presets = element("select", { "aria-label": "Window preset" });
  for (const one of [...picture.windows, { name: "Own choice" }]) presets.append(element("option", {}, one.name));
  presets.value = window.name;
  presets.onchange = () => view.setWindow(picture.windows.find((one) => one.name === presets.value) || view.window);
  const said = [element("output"), element("output")];
  width.oninput = () => view.setWindow({ name: "Own choice", centre: view.window.centre, width: +width.value });
  level.oninput = () => view.setWindow({ name: "Own choice", centre: +level.value, width: view.window.width });
  view.showWindow = () => {
    presets.value = view.window.name;
    width.value = view.window.width;
    level.value = view.window.centre;
    said[0].textContent = rounded(view.window.width);
    said[1].textContent = rounded(view.window.centre);
  };
  view.showWindow();
  const reset = element("button", { type: "button", title: "Window as at first (R)" }, "Reset");
  reset.onclick = () => view.resetWindow();
  return [row("Window", presets, reset), row("Width", width, said[0]), row("Level", level, said[1])];
}

function layerRow(view, layer) {
  const chosen = view.chosen[layer.kind];
  const name = `Opacity: ${layer.label}`;
  const input = range(0, 100, chosen.opacity, 1, name);
  const tick = element("input", { type: "checkbox", "aria-label": `Show: ${layer.label}` });
  tick.checked = chosen.on;
  const said = element("output", {}, `${chosen.opacity} %`);
  tick.onchange = () => view.choose(layer.kind, { on: tick.checked });
  input.oninput = () => {
    said.textContent = `${input.value} %`;
    tick.checked = true;
    view.choose(layer.kind, { on: true, opacity: +input.value });
  };
  const label = element("label", {}, tick, layer.label);
  const legend = element("span", { class: "v-legend" }, layer.legend);
  return element("div", { class: "v-row", "data-layer": layer.kind }, label, input, said, legend);
}

function dividerRow(view) {
  const input = range(0, 100, view.divider, 1, "Line between the two pictures");
  const said = element("output", {}, `${view.divider} %`);
  input.oninput = () => view.setDivider(+input.value);
  view.showDivider = () => {
    input.value = view.divider;
    said.textContent = `${Math.round(view.divider)} %`;
  };
  const { role, name, words: lies } = view.other;
  const words = `Left of the line: ${role.toLowerCase()}, ${name}. Right: this file, ${view.name}. ${lies}`;
  return row("Compare", input, said, element("span", { class: "v-legend" }, words));
}

function note(words) {
  return element("p", { class: "v-note" }, words);
}

function rows(view) {
  const made = view.frames > 1 ? [frameRow(view)] : [];
  if (view.picture.windows.length) made.push(...windowRows(view));
  if (view.other) made.push(dividerRow(view));
  for (const layer of view.layers) {
    if (layer.frame === view.number) made.push(layerRow(view, layer));
    else made.push(note(`${layer.label}: of frame ${layer.frame + 1}.`));
  }
  return [...made, ...view.notes.map(note)];
}

function placeButtons(view) {
  return view.places.map((place, index) => {
    const where = `${place.width} × ${place.height} at ${place.x}, ${place.y}`;
    const frame = view.frames > 1 ? `, frame ${place.frame + 1}` : "";
    const button = element("button", { type: "button", title: `${where}${frame}` }, place.label);
    button.setAttribute("aria-label", `Show ${place.label}: ${where}${frame}`);
    button.onclick = () => view.visit(index);
    return button;
  });
}

function rounded(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(+value.toPrecision(4));
}
