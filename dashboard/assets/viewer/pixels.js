// Samples to canvases: window and level, heat, tint, lines.

const AMBER = [255, 176, 0], CYAN = [0, 229, 255], TINT = [235, 64, 24];
const RAMP = [[255, 224, 64], [255, 140, 0], [204, 0, 32]];

function blank(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

// The share of white that a value has in a window: the functions of DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.
function shape(name, { centre, width }) {
  if (name === "sigmoid") return (value) => 1 / (1 + Math.exp((-4 * (value - centre)) / width));
  if (name === "linear_exact") return (value) => (value - centre) / width + 0.5;
  return (value) => (value - (centre - 0.5)) / Math.max(width - 1, 1e-9) + 0.5;
}

// What each sample is shown as, 0 to 255.
function shades(picture, window) {
  const table = new Uint8ClampedArray(picture.plane.bits === 16 ? 65536 : 256);
  const white = shape(picture.shape, window);
  for (let sample = 0; sample < table.length; sample++) {
    const value = picture.slope * sample + picture.intercept;
    const share = Math.min(1, Math.max(0, white(value)));
    table[sample] = Math.round((picture.inverse ? 1 - share : share) * 255);
  }
  return table;
}

// Colours as the 32 bits of a canvas pixel, red lowest.
function packedColour(red, green, blue, alpha = 255) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// The picture under this window on `canvas`, or on a new one; a canvas painted before keeps its memory.
function painted(picture, window, canvas) {
  const { width, height, channels, samples } = picture.plane;
  const target = canvas || blank(width, height);
  target.image = target.image || new ImageData(width, height);
  const out = new Uint32Array(target.image.data.buffer);
  if (channels === 3) {
    for (let i = 0, at = 0; i < out.length; i++, at += 3) {
      out[i] = packedColour(samples[at], samples[at + 1], samples[at + 2]);
    }
  } else {
    const table = shades(picture, window);
    for (let i = 0; i < out.length; i++) out[i] = 0xff000000 | (table[samples[i]] * 0x010101);
  }
  target.getContext("2d").putImageData(target.image, 0, 0);
  return target;
}

// A canvas on which each sample has the colour that the table gives it.
function coloured(plane, table) {
  const canvas = blank(plane.width, plane.height);
  const image = new ImageData(plane.width, plane.height);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = table[plane.samples[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

function heatTable() {
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const share = level / 255, low = share < 0.5 ? 0 : 1, part = share * 2 - low;
    const mixed = [0, 1, 2].map((i) => Math.round(RAMP[low][i] + (RAMP[low + 1][i] - RAMP[low][i]) * part));
    return packedColour(...mixed, level);
  });
}

function tintTable(colour) {
  return Uint32Array.from({ length: 256 }, (_, level) => (level ? packedColour(...colour) : 0));
}

// The inner border of what a plane marks: marked samples with an unmarked one, or the edge, `thick` away.
function line(plane, colour) {
  const { width, height, samples } = plane;
  const thick = Math.max(1, Math.round(Math.max(width, height) / 400));
  const border = new Uint8Array(samples.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!samples[i]) continue;
      const within = x >= thick && y >= thick && x < width - thick && y < height - thick
        && samples[i - thick] && samples[i + thick] && samples[i - thick * width] && samples[i + thick * width];
      border[i] = within ? 0 : 1;
    }
  }
  return coloured({ width, height, samples: border }, tintTable(colour));
}

// A layer as what its opacity applies to, and the line that stays.
function prepared(layer) {
  if (layer.kind === "levels") return { fill: painted(layer), line: null };
  if (layer.kind === "heat") {
    return { fill: coloured(layer.plane, heatTable()), line: layer.marked && line(layer.marked, CYAN) };
  }
  return { fill: coloured(layer.plane, tintTable(TINT)), line: line(layer.plane, AMBER) };
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
