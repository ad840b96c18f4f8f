import { readFile } from "node:fs/promises";

import { load as loadFrom } from "./engine.js";

export { InputError } from "./engine.js";

export const load = (wasm) =>
  loadFrom(wasm, () => readFile(new URL("./socklet.wasm", import.meta.url)));
