import { load as loadFrom } from "./engine.js";

export { InputError } from "./engine.js";

export const load = (wasm) => loadFrom(wasm, () => new URL("./socklet.wasm", import.meta.url));
