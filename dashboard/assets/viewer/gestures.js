// Mouse, touch and keys on the canvas.

function spot(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function watchPointer(view) {
  const { canvas } = view;
  const held = new Map();
  let task = null;
  canvas.onpointerdown = (event) => {
    held.set(event.pointerId, spot(canvas, event));
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("v-held");
    const atLine = view.other && Math.abs(held.get(event.pointerId)[0] - view.camera.wide * view.divider / 100) < 14;
    task = event.button === 2 ? "window" : atLine ? "divide" : "move";
  };
  canvas.onpointermove = (event) => {
    const now = spot(canvas, event), before = held.get(event.pointerId);
    view.point(now);
    if (!before) return;
    const others = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (others.length) pinch(view, before, now, others[0]);
    else drag(view, task, before, now);
    held.set(event.pointerId, now);
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    held.delete(event.pointerId);
    canvas.classList.remove("v-held");
  };
  canvas.onpointerleave = () => view.point(null);
  canvas.oncontextmenu = (event) => event.preventDefault();
  canvas.ondblclick = () => view.change(() => view.camera.fit());
}

function drag(view, task, before, now) {
  const across = now[0] - before[0], down = now[1] - before[1];
  if (task === "divide") view.setDivider((now[0] / view.camera.wide) * 100);
  else if (task === "window") view.nudgeWindow(across / 250, down / 250);
  else view.change(() => view.camera.move(across, down));
}

function pinch(view, before, now, other) {
  const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]);
  const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
  view.change(() => {
    view.camera.zoom(apart(now) / Math.max(apart(before), 1), ...middle);
    view.camera.move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  });
}

function watchWheel(view) {
  const { canvas } = view;
  canvas.addEventListener("wheel", (event) => {
    const focused = canvas.getRootNode().activeElement === canvas;
    if (!focused && !event.ctrlKey) {
      view.hint();
      return;
    }
    event.preventDefault();
    view.change(() => view.camera.zoom(Math.exp(-event.deltaY / 400), ...spot(canvas, event)));
  }, { passive: false });
}

const STEP = 60;
const KEYS = {
  "+": (view) => view.change(() => view.camera.zoom(1.25)),
  "=": (view) => view.change(() => view.camera.zoom(1.25)),
  "-": (view) => view.change(() => view.camera.zoom(0.8)),
  "0": (view) => view.change(() => view.camera.fit()),
  "1": (view) => view.change(() => view.camera.one()),
  ArrowLeft: (view) => view.change(() => view.camera.move(STEP, 0)),
  ArrowRight: (view) => view.change(() => view.camera.move(-STEP, 0)),
  ArrowUp: (view) => view.change(() => view.camera.move(0, STEP)),
  ArrowDown: (view) => view.change(() => view.camera.move(0, -STEP)),
  w: (view) => view.nudgeWindow(-0.05, 0),
  W: (view) => view.nudgeWindow(0.05, 0),
  l: (view) => view.nudgeWindow(0, -0.03),
  L: (view) => view.nudgeWindow(0, 0.03),
  r: (view) => view.resetWindow(),
  o: (view) => view.toggle("boxes"),
  n: (view) => view.visit(view.current + 1),
  N: (view) => view.visit(view.current - 1),
  PageUp: (view) => view.ask(view.number - 1),
  PageDown: (view) => view.ask(view.number + 1),
  "?": (view) => view.help(),
};

// The magnifier stays when its key is pressed shortly, and goes with the key when that was held.
function watchKeys(view) {
  let since = 0;
  view.canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const task = KEYS[event.key] || KEYS[event.key.toLowerCase()];
    if (event.key.toLowerCase() === "m") {
      if (!event.repeat) {
        since = performance.now();
        view.toggle("lens");
      }
    } else if (task) task(view);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  view.canvas.onkeyup = (event) => {
    if (event.key.toLowerCase() === "m" && view.lens && performance.now() - since > 400) view.toggle("lens");
  };
}
