// Where the picture lies on the screen: the point (x, y) of the picture is in the middle, at `scale` screen pixels a pixel.

const MOST_ZOOM = 64;

class Camera {
  constructor() {
    Object.assign(this, { x: 0, y: 0, scale: 1, wide: 1, high: 1, width: 1, height: 1, fitted: true });
  }

  frame(width, height) {
    Object.assign(this, { width, height });
    this.fit();
  }

  screen(wide, high) {
    Object.assign(this, { wide, high });
    if (this.fitted) this.fit();
  }

  get whole() {
    return Math.min(this.wide / this.width, this.high / this.height);
  }

  fit() {
    Object.assign(this, { x: this.width / 2, y: this.height / 2, scale: this.whole, fitted: true });
  }

  // Zoom so that what is under the screen point stays there.
  zoom(factor, left = this.wide / 2, top = this.high / 2) {
    const [x, y] = this.picture(left, top);
    this.scale = Math.min(MOST_ZOOM, Math.max(this.whole * 0.5, this.scale * factor));
    this.x = x - (left - this.wide / 2) / this.scale;
    this.y = y - (top - this.high / 2) / this.scale;
    this.settle();
  }

  one() {
    this.zoom(1 / this.scale);
  }

  move(across, down) {
    this.x -= across / this.scale;
    this.y -= down / this.scale;
    this.settle();
  }

  settle() {
    this.fitted = false;
    this.x = Math.min(this.width, Math.max(0, this.x));
    this.y = Math.min(this.height, Math.max(0, this.y));
  }

  show(place) {
    const room = 0.55 * Math.min(this.wide / place.width, this.high / place.height);
    this.scale = Math.min(MOST_ZOOM / 4, Math.max(this.whole, room));
    Object.assign(this, { x: place.x + place.width / 2, y: place.y + place.height / 2 });
    this.settle();
  }

  picture(left, top) {
    return [this.x + (left - this.wide / 2) / this.scale, this.y + (top - this.high / 2) / this.scale];
  }

  place(x, y) {
    return [(x - this.x) * this.scale + this.wide / 2, (y - this.y) * this.scale + this.high / 2];
  }

  // The same view, `factor` times nearer at a screen point: what the magnifier shows.
  nearer(factor, left, top) {
    const near = Object.assign(new Camera(), this);
    const [x, y] = this.picture(left, top);
    near.scale = this.scale * factor;
    near.x = x - (left - this.wide / 2) / near.scale;
    near.y = y - (top - this.high / 2) / near.scale;
    return near;
  }
}
