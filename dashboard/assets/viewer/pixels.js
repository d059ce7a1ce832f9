// Samples to canvases: window and level, heat, tint, lines.

const AMBER = [255, 176, 0], CYAN = [0, 229, 255], TINT = [235, 64, 24];
const RAMP = [[255, 224, 64], [255, 140, 0], [204, 0, 32]];

function blank(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

// What each sample is shown as, 0 to 255: the linear function of DICOM PS3.3 C.11.2.1.2.
function shades(picture, window) {
  const table = new Uint8ClampedArray(picture.plane.bits === 16 ? 65536 : 256);
  const middle = window.centre - 0.5, span = Math.max(window.width - 1, 1e-9);
  for (let sample = 0; sample < table.length; sample++) {
    const value = picture.slope * sample + picture.intercept;
    const share = Math.min(1, Math.max(0, (value - middle) / span + 0.5));
    table[sample] = Math.floor((picture.inverse ? 1 - share : share) * 255);
  }
  return table;
}

function painted(picture, window, canvas) {
  const { width, height, channels, samples } = picture.plane;
  const target = canvas || blank(width, height);
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  if (channels === 3) {
    for (let i = 0, at = 0; i < out.length; i++, at += 3) {
      out[i] = 0xff000000 | (samples[at + 2] << 16) | (samples[at + 1] << 8) | samples[at];
    }
  } else {
    const table = shades(picture, window);
    for (let i = 0; i < out.length; i++) out[i] = 0xff000000 | (table[samples[i]] * 0x010101);
  }
  target.getContext("2d").putImageData(image, 0, 0);
  return target;
}

function coloured(plane, colour) {
  const canvas = blank(plane.width, plane.height);
  const image = new ImageData(plane.width, plane.height);
  for (let i = 0; i < plane.width * plane.height; i++) image.data.set(colour(i), 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

function heat(level) {
  const share = level / 255, low = share < 0.5 ? 0 : 1, part = share * 2 - low;
  return [0, 1, 2].map((i) => RAMP[low][i] + (RAMP[low + 1][i] - RAMP[low][i]) * part).concat(level);
}

function line(plane, colour) {
  const { width, height, samples } = plane;
  const thick = Math.max(1, Math.round(Math.max(width, height) / 400));
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && samples[y * width + x] > 0;
  return coloured(plane, (i) => {
    const x = i % width, y = (i - x) / width;
    if (!samples[i]) return [0, 0, 0, 0];
    const within = [[thick, 0], [-thick, 0], [0, thick], [0, -thick]].every(([a, b]) => inside(x + a, y + b));
    return within ? [0, 0, 0, 0] : [...colour, 255];
  });
}

// A layer as what its opacity applies to, and the line that stays.
function prepared(layer) {
  const { samples } = layer.plane;
  if (layer.kind === "levels") return { fill: painted(layer), line: null };
  if (layer.kind === "heat") {
    return { fill: coloured(layer.plane, (i) => heat(samples[i])), line: layer.marked && line(layer.marked, CYAN) };
  }
  return { fill: coloured(layer.plane, (i) => (samples[i] ? [...TINT, 255] : [0, 0, 0, 0])), line: line(layer.plane, AMBER) };
}

function valueAt(picture, x, y) {
  const { width, height, channels, samples } = picture.plane;
  const column = Math.floor(x / picture.step), row = Math.floor(y / picture.step);
  if (column < 0 || row < 0 || column >= width || row >= height) return null;
  const at = (row * width + column) * channels;
  if (channels === 3) return `${samples[at]}, ${samples[at + 1]}, ${samples[at + 2]}`;
  const value = picture.slope * samples[at] + picture.intercept;
  return `${+value.toPrecision(6)}${picture.unit ? " " + picture.unit : ""}`;
}
