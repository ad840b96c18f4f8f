// Where the engine comes from in the build of one file: this very document.
//
// Its one script is the page in a window and the worker in a worker. The engine's code is in an
// element that is no script, compressed, in base64.

import { requests } from "./worker.js";

/** The engine's code. */
export async function wasmBytes() {
  const text = document.getElementById("wasm").textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(inflated).arrayBuffer();
}

/** A worker that serves its requests. */
export function startWorker() {
  const script = new Blob([document.getElementById("app").textContent], {
    type: "text/javascript",
  });
  return new Worker(URL.createObjectURL(script), { type: "module" });
}

/** The requests, in this thread. */
export const localRequests = async () => requests;
