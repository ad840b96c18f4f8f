// The engine behind one door: requests by name, answers that can be sent between threads.
//
// It runs in a worker; where that is refused, in the page itself, with the same requests.

import { load } from "socklet";
import { columns, PART } from "./columns.js";

/** Bytes of a frame or message that are sent for display. */
const SHOWN_LEN = 1 << 20;
/** Bytes of a payload that is read for a line of the table. */
const PREVIEW_LEN = 1 << 16;
/** Violations that are listed; the table has the rest. */
const LISTED = 1000;

let engine;
let inspection;

/** What a request may be, and what it answers; `progress` takes a word, what is done, and of what. */
export const requests = {
  async load({ wasm }) {
    engine = await load(wasm);
  },

  /** Inspects an input. What was open before stays open if there is nothing in this one. */
  open({ bytes, options }, progress) {
    progress("Inspecting");
    const start = performance.now();
    const opened = engine.inspect(bytes, options);
    const took = performance.now() - start;
    const connections = opened.connections.map(summary);
    if (connections.length === 0) {
      opened.free();
    } else {
      inspection?.free();
      inspection = opened;
    }
    return { took, capture: opened.capture, connections };
  },

  columns({ connection }, progress) {
    return columns(inspection.connections[connection], progress);
  },

  previews({ connection, rows, isMessages }) {
    const from = inspection.connections[connection];
    return rows.map((row) => (isMessages ? messagePreview(from, row) : framePreview(from, row)));
  },

  frame({ connection, row, isMessages }) {
    const from = inspection.connections[connection];
    if (isMessages) return { row, message: message(from, row) };
    return { row, ...frame(from, row) };
  },

  find({ connection, text }) {
    return inspection.connections[connection].find(text);
  },

  stream({ connection, from }) {
    return inspection.connections[connection].stream(from);
  },

  /** A message, however long. */
  message({ connection, number }) {
    return whole(inspection.connections[connection].message(number));
  },

  messages({ connection }) {
    const from = inspection.connections[connection];
    return Array.from(from.messages, (about) => ({
      ...about,
      ...whole(from.message(about.number)),
    }));
  },

  json() {
    return inspection.json();
  },

  build({ fields }) {
    return engine.build(fields);
  },

  /** Decodes a frame that is not part of the traffic: the builder's. */
  decode({ bytes, options }) {
    const decoded = engine.inspect(bytes, options);
    try {
      const connection = decoded.connections[0];
      if (!connection?.frames.length) return undefined;
      const { violations, count } = summary(connection);
      return { violations, count, ...frame(connection, 0) };
    } finally {
      decoded.free();
    }
  },
};

function summary(connection) {
  const { about, ending, violations, frames, messages } = connection;
  return {
    about,
    ending,
    violations: violations.slice(0, LISTED),
    violationCount: violations.length + (about.violations_omitted ?? 0),
    count: frames.length || messages.length,
    isMessages: frames.length === 0 && messages.length > 0,
    frameCount: frames.length,
    messageCount: messages.length,
  };
}

function frame(connection, row) {
  const about = connection.frames.at(row);
  const wire = connection.wire(row);
  return {
    frame: about,
    wire: wire.length > SHOWN_LEN ? wire.slice(0, SHOWN_LEN) : wire,
    payload: flat(connection.payload(row)),
    message: about.message === undefined ? undefined : message(connection, about.message),
    violations: connection.violations.filter((violation) => violation.frame === row),
  };
}

function message(connection, number) {
  const about = connection.messages.at(number);
  const steps = about.compressed && about.len <= SHOWN_LEN ? connection.xray(number) : [];
  return { about, ...flat(connection.message(number)), steps };
}

/** Parts as bytes, with a list of where they are unknown; cut where nobody looks any more. */
function flat(parts, most = SHOWN_LEN) {
  const unknown = [];
  let len = 0;
  for (const part of parts) len += PART(part);
  const bytes = new Uint8Array(Math.min(len, most));
  let at = 0;
  for (const part of parts) {
    const end = at + PART(part);
    if (typeof part === "number") unknown.push([at, end]);
    else if (at < bytes.length) bytes.set(part.subarray(0, bytes.length - at), at);
    at = end;
  }
  return { bytes, unknown, len };
}

/** All bytes of parts; none if some of them are unknown. */
const whole = (parts) => flat(parts, parts.some((part) => typeof part === "number") ? 0 : Infinity);

const lossy = new TextDecoder();

function framePreview(connection, row) {
  const frame = connection.frames.at(row);
  const { opcode, message: number, presentLen } = frame;
  if (number !== undefined) {
    const about = connection.messages.at(number);
    // A compressed message makes sense as a whole only.
    if (about.compressed) return about.firstFrame === row ? messagePreview(connection, number) : "";
    if (presentLen > PREVIEW_LEN) return "";
    const parts = connection.payload(row);
    const isText = about.kind === "text";
    // A fragment may begin within a character.
    if (opcode === 0 && isText && typeof parts[0] === "object") parts[0] = beginning(parts[0]);
    return preview(parts, isText);
  }
  if (presentLen > PREVIEW_LEN) return "";
  const parts = connection.payload(row);
  if (opcode !== 8 || typeof parts[0] !== "object" || parts[0].length < 2)
    return preview(parts, opcode > 8 && parts.every(isUtf8));
  const [bytes] = parts;
  return `${(bytes[0] << 8) | bytes[1]} ${lossy.decode(bytes.subarray(2))}`;
}

function messagePreview(connection, number) {
  const about = connection.messages.at(number);
  return about.len > PREVIEW_LEN ? "" : preview(connection.message(number), about.kind === "text");
}

/** Text without the rest of a character that began before it. */
function beginning(bytes) {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return bytes.subarray(start < 0 ? bytes.length : start);
}

function isUtf8(part) {
  try {
    return (
      typeof part === "object" && new TextDecoder("utf-8", { fatal: true }).decode(part) !== ""
    );
  } catch {
    return false;
  }
}

/** The beginning of a payload in a line. */
function preview(parts, isText) {
  let line = "";
  for (const part of parts) {
    if (line.length > 120) break;
    if (typeof part === "number") line += `[${part} unknown]`;
    else if (isText && !part.subarray(0, 120).includes(0))
      // Nor is what begins at its end a character yet.
      line += new TextDecoder().decode(part.subarray(0, 480), { stream: true });
    else
      line += Array.from(part.subarray(0, 40), (byte) => byte.toString(16).padStart(2, "0")).join(
        " ",
      );
  }
  return line.slice(0, 120);
}
