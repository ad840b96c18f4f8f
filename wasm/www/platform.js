// Where the engine comes from in the build of modules: files beside this one.

/** The engine's code. */
export async function wasmBytes() {
  const response = await fetch(new URL("./socklet.wasm", import.meta.url));
  if (!response.ok) throw new Error("socklet.wasm could not be loaded");
  return response.arrayBuffer();
}

/** A worker that serves its requests. */
export const startWorker = () =>
  new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

/** The requests, in this thread. */
export const localRequests = async () => (await import("./worker.js")).requests;
