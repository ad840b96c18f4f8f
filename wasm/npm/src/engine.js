// The engine behind the types of ../index.d.ts: rows become objects, JSON becomes values.

import init, { Inspection as Report, build } from "socklet-glue";
import { FRAME_WIDTH, MESSAGE_WIDTH, Table, frameOf, messageOf, stepsOf } from "./rows.js";

// As the engine numbers them.
const FORMATS = ["raw", "hex", "dump", "array", "base64", "pcap", "pcapng", "har", "log"];
const SENDERS = ["client", "server"];

const encoder = new TextEncoder();

const bytesOf = (input) => (typeof input === "string" ? encoder.encode(input) : input);

/** Nothing of an input can be read. */
export class InputError extends Error {
  constructor(message, offset) {
    super(message);
    this.name = "InputError";
    this.offset = offset;
  }
}

/** The number of a choice; -1 for none. */
function choice(choices, value, name) {
  const at = value === undefined ? -1 : choices.indexOf(value);
  if (at < 0 && value !== undefined) throw new RangeError(`${name}: ${choices.join(", ")}`);
  return at;
}

function inspect(input, options = {}) {
  const { format, firstSender, compression, inflateLimit = 64 << 20 } = options;
  const chosen = [
    choice(FORMATS, format, "format"),
    choice(SENDERS, firstSender, "firstSender"),
    choice([false, true], compression, "compression"),
  ];
  const report = new Report(bytesOf(input), ...chosen, Math.min(inflateLimit, 0xffff_ffff));
  if (!report.is_readable()) {
    const { line, offset } = JSON.parse(report.capture()).damage;
    report.free();
    throw new InputError(line, offset);
  }
  return new Inspection(report);
}

class Inspection {
  #report;

  constructor(report) {
    this.#report = report;
    this.capture = JSON.parse(report.capture());
    this.connections = Array.from(
      { length: this.capture.connections },
      (_, number) => new Connection(report, number),
    );
  }

  json() {
    return this.#report.json();
  }

  free() {
    this.#report.free();
  }

  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
    this.free();
  }
}

class Connection {
  #report;
  #number;

  constructor(report, number) {
    this.#report = report;
    this.#number = number;
    const lines = report.connection(number).trimEnd().split("\n").map((line) => JSON.parse(line));
    this.about = lines.shift();
    this.ending = lines.pop();
    this.violations = lines;
  }

  // Rows are asked for when somebody wants them, and kept.
  #table(name, table) {
    Object.defineProperty(this, name, { value: table });
    return table;
  }

  get frames() {
    const verdicts = this.#report.verdicts(this.#number).split("\n");
    const rows = this.#report.frames(this.#number);
    const make = (row, number) => frameOf(row, number, verdicts);
    return this.#table("frames", new Table(rows, FRAME_WIDTH, make));
  }

  get messages() {
    const cut = (number) => this.#report.cut(this.#number, number);
    const rows = this.#report.messages(this.#number);
    const make = (row, number) => messageOf(row, number, cut);
    return this.#table("messages", new Table(rows, MESSAGE_WIDTH, make));
  }

  stream(from) {
    return this.#report.stream(this.#number, choice(SENDERS, from, "from"));
  }

  wire(frame) {
    return this.#report.wire(this.#number, frame);
  }

  payload(frame) {
    return this.#parts(this.#report.payload(this.#number, frame));
  }

  message(message) {
    return this.#parts(this.#report.message(this.#number, message));
  }

  find(text) {
    return this.#report.find(this.#number, encoder.encode(text));
  }

  xray(message) {
    return stepsOf(this.#report.xray(this.#number, message));
  }

  #parts(known) {
    let at = 0;
    return Array.from(this.#report.layout(), (length) =>
      length < 0 ? -length : known.subarray(at, (at += length)),
    );
  }
}

function range(value, end, name) {
  if (!(Number.isInteger(value) && value >= 0 && value < end)) {
    throw new RangeError(`${name}: 0 to ${end - 1}`);
  }
  return value;
}

function buildFrame(fields) {
  const { opcode, fin = true, rsv1, rsv2, rsv3, maskingKey, compress = false } = fields;
  const first =
    range(opcode, 16, "opcode") | (fin && 0x80) | (rsv1 && 0x40) | (rsv2 && 0x20) | (rsv3 && 0x10);
  const key = maskingKey === undefined ? NaN : range(maskingKey, 2 ** 32, "maskingKey");
  return build(first, key, compress, bytesOf(fields.payload ?? ""));
}

/** Loads the engine from here, or from wherever `found` says. */
export async function load(wasm, found) {
  await init({ module_or_path: wasm ?? found() });
  return { inspect, build: buildFrame };
}
