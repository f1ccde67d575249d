// Test pictures with their labels, and a judge that says which digit a picture looks like.

export const PIXELS = 784;

// {grey (count x 784 in [0, 1]), labels, count} from count x 784 bytes and count labels
export async function testImages(url) {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer()), count = bytes.length / (PIXELS + 1);
  return { count, grey: Float32Array.from(bytes.subarray(0, count * PIXELS), (x) => x / 255), labels: bytes.slice(count * PIXELS) };
}

// The label of the nearest test picture (squared distance of grey values).
export function nearestLabel(images, picture, offset = 0) {
  let best = Infinity, label = 0;
  for (let n = 0; n < images.count; n++) {
    let distance = 0;
    for (let i = 0, k = n * PIXELS; i < PIXELS && distance < best; i++, k++) distance += (images.grey[k] - picture[offset + i]) ** 2;
    if (distance < best) [best, label] = [distance, images.labels[n]];
  }
  return label;
}
