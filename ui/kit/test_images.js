// The test pictures that assets.images_url delivers: count x 784 bytes of grey, then count labels. Without a URL there are none.

export const PIXELS = 784;

export async function testImages(url) {
  if (!url) return { bytes: new Uint8Array(), count: 0, labels: [], image: () => null, greys: () => null };
  const bytes = new Uint8Array(await (await fetch(new URL(url, location.href))).arrayBuffer()), count = bytes.length / (PIXELS + 1);
  const greys = (first, number) => Float32Array.from(bytes.subarray(first * PIXELS, (first + number) * PIXELS), (byte) => byte / 255);
  return { bytes, count, labels: bytes.subarray(count * PIXELS), image: (i) => greys(i, 1), greys };
}
