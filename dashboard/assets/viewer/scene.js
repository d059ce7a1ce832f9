// Drawing: picture, layers, boxes, the second picture left of the divider, the magnifier.

const LENS = 3, LENS_RADIUS = 92;

function through(pen, ratio, camera, matrix = [1, 0, 0, 0, 1, 0]) {
  const [a, b, c, d, e, f] = matrix;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.translate(camera.wide / 2, camera.high / 2);
  pen.scale(camera.scale, camera.scale);
  pen.translate(-camera.x, -camera.y);
  pen.transform(a, d, b, e, c, f);
}

function stretched(pen, canvas, width, height, near) {
  pen.imageSmoothingEnabled = near < 2;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(canvas, 0, 0, width, height);
}

function drawPicture(pen, view, camera) {
  const { picture } = view;
  const { width, height } = picture;
  through(pen, view.ratio, camera);
  const kept = picture.plane;
  stretched(pen, view.shown, kept.width * picture.step, kept.height * picture.step, camera.scale * picture.step);
  for (const layer of view.layers) {
    const chosen = view.chosen[layer.kind];
    if (layer.frame !== view.number || !chosen.on) continue;
    pen.globalAlpha = chosen.opacity / 100;
    stretched(pen, layer.drawn.fill, width, height, 1);
    pen.globalAlpha = 1;
    const lined = layer.drawn.line && view.boxes && (layer.kind === "change" || chosen.opacity > 0);
    if (lined) stretched(pen, layer.drawn.line, width, height, 2);
  }
  if (view.boxes) drawBoxes(pen, view, camera);
}

function drawBoxes(pen, view, camera) {
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.font = "600 12px sans-serif";
  view.places.forEach((place, index) => {
    if (place.frame !== view.number) return;
    const [left, top] = camera.place(place.x, place.y);
    const wide = place.width * camera.scale, high = place.height * camera.scale;
    const current = index === view.current;
    for (const [colour, thick] of [["#12303a", current ? 6 : 4], ["#ffb000", current ? 3 : 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.strokeRect(left - 2, top - 2, wide + 4, high + 4);
    }
    if (index < 40 || current) tag(pen, place.label.split(" · ")[0], left - 3, top > 24 ? top - 21 : top + high + 4);
  });
}

function tag(pen, words, left, top) {
  pen.fillStyle = "#ffb000";
  pen.fillRect(left, top, pen.measureText(words).width + 10, 18);
  pen.fillStyle = "#12303a";
  pen.fillText(words, left + 5, top + 13);
}

function drawOther(pen, view, camera) {
  const { other } = view;
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.fillStyle = "#0b1a20";
  pen.fillRect(0, 0, camera.wide, camera.high);
  through(pen, view.ratio, camera, other.matrix);
  const kept = other.plane;
  stretched(pen, view.otherCanvas, kept.width * other.step, kept.height * other.step, camera.scale);
}

function drawSides(pen, view, camera) {
  drawPicture(pen, view, camera);
  if (!view.other || view.divider <= 0) return;
  pen.save();
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.beginPath();
  pen.rect(0, 0, view.camera.wide * view.divider / 100, view.camera.high);
  pen.clip();
  drawOther(pen, view, camera);
  pen.restore();
}

function drawDivider(pen, view) {
  const { wide, high } = view.camera;
  const at = wide * view.divider / 100;
  pen.fillStyle = "#ffb000";
  pen.fillRect(at - 1.5, 0, 3, high);
  pen.beginPath();
  pen.arc(at, high / 2, 11, 0, 7);
  pen.fill();
  pen.font = "600 12px sans-serif";
  if (view.divider > 14) tag(pen, view.other.role, 8, 8);
  if (view.divider < 86) tag(pen, "This file", wide - Math.ceil(pen.measureText("This file").width) - 18, 8);
}

function drawLens(pen, view) {
  const { wide, high } = view.camera;
  const [left, top] = view.pointer || [wide / 2, high / 2];
  pen.save();
  pen.beginPath();
  pen.arc(left, top, LENS_RADIUS, 0, 7);
  pen.clip();
  pen.fillStyle = "#0b1a20";
  pen.fillRect(0, 0, wide, high);
  drawSides(pen, view, view.camera.nearer(LENS, left, top));
  pen.restore();
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.strokeStyle = "#ffb000";
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(left, top, LENS_RADIUS, 0, 7);
  pen.stroke();
}

function drawAll(pen, view) {
  const { wide, high } = view.camera;
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.fillStyle = "#0b1a20";
  pen.fillRect(0, 0, wide, high);
  drawSides(pen, view, view.camera);
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  if (view.other) drawDivider(pen, view);
  if (view.lens) drawLens(pen, view);
}
