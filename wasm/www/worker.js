// The engine in a thread of its own: each message in is a request, each message out its progress,
// its answer or its failure.

import { buffers } from "./columns.js";
import { requests } from "./engine.js";

// In a page this module is loaded only for what it exports.
if (typeof document === "undefined") {
  onmessage = async ({ data: { id, name, request } }) => {
    try {
      const answer = await requests[name](request, (...progress) => postMessage({ id, progress }));
      postMessage({ id, answer }, { transfer: name === "columns" ? buffers(answer) : [] });
    } catch (error) {
      postMessage({ id, error: { message: error.message, offset: error.offset } });
    }
  };
}

export { requests };
