// Compiles kernels.wat to kernels.wasm; needed only after a change of kernels.wat. From the repository's root:
//   npm install --no-save wabt@1.0.39 && node ui/engine/build.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const wabt = await createRequire(process.cwd() + "/")("wabt")();
const folder = new URL(".", import.meta.url);
const parsed = wabt.parseWat("kernels.wat", readFileSync(new URL("kernels.wat", folder), "utf8"), { simd: true, bulk_memory: true });
const { buffer } = parsed.toBinary({});
writeFileSync(new URL("kernels.wasm", folder), buffer);
console.log(`kernels.wasm: ${buffer.length} bytes`);
