// Calls of the engine, in a worker if there can be one.

/** How to get at the engine; the two builds differ in this and nothing else. */
import { localRequests, startWorker, wasmBytes } from "./platform.js";

let worker;
let here;
/** @type {(word: string, done?: number, of?: number) => void} */
let onProgress = () => {};
const waiting = new Map();
let last = 0;

/** Starts the engine. */
export async function start(progress) {
  onProgress = progress;
  const wasm = await wasmBytes();
  try {
    worker = await startWorker();
    worker.onmessage = ({ data }) => settle(data);
    await new Promise((ready, failed) => {
      // A worker that is refused says so by an error, and no more.
      worker.onerror = failed;
      send("load", { wasm }).then(ready, failed);
    });
  } catch {
    worker?.terminate();
    worker = undefined;
    here = await localRequests();
    await here.load({ wasm });
  }
}

/** Whether the engine runs in a thread of its own. */
export const hasWorker = () => worker !== undefined;

/** Asks the engine; see `requests` in engine.js. */
export async function ask(name, request = {}) {
  if (worker) return send(name, request);
  // What is shown as progress can be painted before the page stands still.
  await new Promise((painted) => setTimeout(painted));
  return here[name](request, onProgress);
}

function send(name, request) {
  last += 1;
  const id = last;
  worker.postMessage({ id, name, request });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

function settle({ id, progress, answer, error }) {
  if (progress) {
    const [word, done, of] = progress;
    onProgress(word, done, of);
    return;
  }
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error) reject(Object.assign(new Error(error.message), { offset: error.offset }));
  else resolve(answer);
}
