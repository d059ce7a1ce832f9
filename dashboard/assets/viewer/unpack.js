// The block of bytes from Python: header length, header, deflated planes.

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function unpacked(data) {
  const block = data instanceof Uint8Array ? data : new Uint8Array(data);
  const length = new DataView(block.buffer, block.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(block.subarray(4, 4 + length)));
  return { header, planes: block.subarray(4 + length) };
}

async function samplesOf(planes, place) {
  const buffer = await inflated(planes.subarray(place.at, place.at + place.length));
  return { ...place, samples: place.bits === 16 ? new Uint16Array(buffer) : new Uint8Array(buffer) };
}

async function sceneOf(data) {
  const { header, planes } = unpacked(data);
  for (const picture of [...Object.values(header.pictures), header.other]) {
    if (picture) picture.plane = await samplesOf(planes, picture.plane);
  }
  for (const layer of header.layers) {
    layer.plane = await samplesOf(planes, layer.plane);
    if (layer.marked) layer.marked = await samplesOf(planes, layer.marked);
  }
  return header;
}
