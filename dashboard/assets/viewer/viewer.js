// The viewer itself: what is shown, what the reader chose, and how Python's data arrives.

const LOW = 240, HIGH = 620;

class Viewer {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(name);
    this.canvas = this.part("canvas");
    this.camera = new Camera();
    Object.assign(this, { identity: null, chosen: {}, boxes: true, lens: false, pointer: null, divider: 50, current: -1, turn: 0 });
    watchPointer(this);
    watchWheel(this);
    watchKeys(this);
    for (const button of root.querySelectorAll("[data-do]")) button.onclick = () => this.press(button.dataset.do);
    this.part(".v-help").onkeydown = (event) => event.key === "Escape" && this.help();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.part(".v-stage"));
  }

  press(what) {
    const key = { in: "+", out: "-", fit: "0", one: "1" }[what];
    if (key) KEYS[key](this);
    else if (what === "help") this.help();
    else this.toggle(what);
  }

  async take(data, setState) {
    const turn = ++this.turn;
    this.setState = setState;
    this.observer.observe(this.part(".v-stage"));
    if (data === this.data) return;
    this.data = data;
    const header = await sceneOf(data);
    if (turn !== this.turn) return;
    const anew = header.identity !== this.identity;
    if (anew) Object.assign(this, { identity: header.identity, chosen: {}, current: -1, divider: 50, pictureWindow: null });
    const before = this.number;
    Object.assign(this, {
      name: header.name, frames: header.frames, pictures: header.pictures, layers: header.layers,
      places: header.places, notes: header.notes, other: header.other,
    });
    for (const layer of this.layers) {
      layer.drawn = prepared(layer);
      this.chosen[layer.kind] = this.chosen[layer.kind] || { on: layer.on, opacity: layer.opacity };
    }
    const kept = !anew && this.asked === undefined && String(before) in this.pictures ? before : header.first;
    this.asked = undefined;
    this.part(".v-wait").hidden = true;
    this.show(kept, anew);
  }

  show(number, anew = false) {
    const before = this.picture;
    this.number = number;
    this.picture = this.pictures[number];
    this.canvas.setAttribute("aria-label", `Picture of ${this.name}: ${this.picture.caption}. Question mark lists the keys.`);
    if (anew || !before || before.width !== this.picture.width || before.height !== this.picture.height) {
      this.camera.frame(this.picture.width, this.picture.height);
    }
    if (!this.pictureWindow) this.pictureWindow = this.picture.windows[0] || null;
    this.window = this.pictureWindow;
    this.shown = null;
    this.part(".v-caption").textContent = this.picture.caption;
    this.part(".v-panel").replaceChildren(...rows(this));
    this.listPlaces();
    this.resize();
    this.repaint();
  }

  listPlaces() {
    const box = this.part(".v-places");
    box.hidden = !this.places.length;
    const title = element("b", {}, "Regions: choose one to see it enlarged");
    box.replaceChildren(title, ...placeButtons(this));
    this.markPlace();
  }

  markPlace() {
    this.root.querySelectorAll(".v-places button").forEach((button, index) => {
      button.setAttribute("aria-current", String(index === this.current));
    });
  }

  // Paint the samples anew: the window or the picture is another one.
  repaint() {
    this.shown = painted(this.picture, this.window, this.shown);
    if (this.other) this.otherCanvas = painted(this.other, this.otherWindow());
    this.change();
  }

  // The second picture has its own values: its window is narrowed and moved as that of the first is.
  otherWindow() {
    const own = this.other.windows[0], first = this.picture.windows[0];
    if (!own || !first) return own;
    const factor = own.width / first.width;
    return { centre: own.centre + (this.window.centre - first.centre) * factor, width: this.window.width * factor };
  }

  setWindow(window) {
    if (!this.picture || !this.picture.windows.length) return;
    this.window = this.pictureWindow = { ...window, width: Math.max(window.width, 1e-6) };
    this.showWindow();
    this.repaint();
  }

  resetWindow() {
    this.setWindow(this.picture.windows[0] || this.window);
  }

  nudgeWindow(wider, higher) {
    if (!this.window) return;
    const span = this.picture.high - this.picture.low + 1;
    const width = Math.max(Math.min(1, span / 200), this.window.width * Math.exp(wider));
    this.setWindow({ name: "Own choice", centre: this.window.centre + higher * span, width });
  }

  choose(kind, what) {
    Object.assign(this.chosen[kind], what);
    this.change();
  }

  setDivider(share) {
    this.divider = Math.min(100, Math.max(0, share));
    this.showDivider();
    this.change();
  }

  toggle(what) {
    this[what] = !this[what];
    this.part(`[data-do=${what}]`).setAttribute("aria-pressed", String(this[what]));
    this.change();
  }

  help() {
    const box = this.part(".v-help");
    const button = this.part(".v-bar [data-do=help]");
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    (box.hidden ? button : box.querySelector("button")).focus();
  }

  hint() {
    const words = this.part(".v-hint");
    words.hidden = false;
    clearTimeout(this.hinted);
    this.hinted = setTimeout(() => (words.hidden = true), 1500);
  }

  visit(index) {
    if (!this.places.length) return;
    this.current = (index + this.places.length) % this.places.length;
    const place = this.places[this.current];
    this.markPlace();
    if (place.frame !== this.number) this.ask(place.frame);
    this.change(() => this.camera.show(place));
  }

  // A frame that is at hand is shown; another one is asked for.
  ask(number) {
    const wanted = Math.min(this.frames - 1, Math.max(0, number));
    if (wanted === this.number) return;
    if (String(wanted) in this.pictures) {
      this.show(wanted);
      return;
    }
    this.asked = wanted;
    this.part(".v-wait").textContent = `Fetching frame ${wanted + 1} of ${this.frames} …`;
    this.part(".v-wait").hidden = false;
    this.setState("frame", wanted);
  }

  point(at) {
    this.pointer = at;
    this.part(".v-pixel").textContent = at ? this.readout(at) : "";
    if (this.lens) this.change();
  }

  readout(at) {
    const [x, y] = this.camera.picture(...at).map(Math.floor);
    const value = this.picture && valueAt(this.picture, x, y);
    return value === null || value === undefined ? "" : `x ${x}, y ${y}: ${value}`;
  }

  resize() {
    if (!this.picture) return;
    const stage = this.part(".v-stage"), wide = stage.clientWidth;
    if (!wide) return;
    const high = Math.round(Math.min(HIGH, Math.max(LOW, (wide * this.picture.height) / this.picture.width)));
    stage.style.setProperty("--high", `${high}px`);
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(wide * this.ratio);
    this.canvas.height = Math.round(high * this.ratio);
    this.camera.screen(wide, high);
    this.change();
  }

  change(task) {
    if (task) task();
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  draw() {
    if (!this.shown || !this.ratio) return;
    drawAll(this.canvas.getContext("2d"), this);
    this.canvas.classList.toggle("v-zoomed", this.camera.scale > this.camera.whole * 1.01);
    this.part(".v-status").textContent = this.status();
  }

  status() {
    const zoom = `Zoom ${rounded(this.camera.scale * 100)} %`;
    const unit = this.picture.unit ? ` ${this.picture.unit}` : "";
    const window = this.picture.windows.length
      ? `window ${rounded(this.window.width)}, level ${rounded(this.window.centre)}${unit}`
      : "colour, shown as stored";
    return `${zoom} · ${window}${this.frames > 1 ? ` · frame ${this.number + 1} of ${this.frames}` : ""}`;
  }
}

const viewers = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".v");
  if (!viewers.has(root)) viewers.set(root, new Viewer(root));
  const viewer = viewers.get(root);
  viewer.take(data, setStateValue).catch((error) => {
    viewer.part(".v-wait").hidden = false;
    viewer.part(".v-wait").textContent = "The picture cannot be unpacked in this browser. The verdict does not depend on it.";
    throw error;
  });
  return () => viewer.observer.disconnect();
}
