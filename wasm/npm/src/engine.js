// The engine behind the types of ../index.d.ts: rows become objects, JSON becomes values.

import { Report, instantiate } from "./module.js";
import { FRAME_WIDTH, MESSAGE_WIDTH, Table, frameOf, messageOf, stepsOf } from "./rows.js";

// As the engine numbers them.
const FORMATS = ["raw", "hex", "dump", "array", "base64", "pcap", "pcapng", "har", "log"];
const SENDERS = ["client", "server"];

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

function inspect(module, input, options = {}) {
  const { format, firstSender, compression, inflateLimit = 64 << 20 } = options;
  const chosen = [
    choice(FORMATS, format, "format"),
    choice(SENDERS, firstSender, "firstSender"),
    choice([false, true], compression, "compression"),
    Math.min(inflateLimit, 0xffff_ffff),
  ];
  const report = new Report(module, input, chosen);
  if (!report.isReadable) {
    const [{ damage: { line, offset } }] = report.lines("capture");
    report.free();
    throw new InputError(line, offset);
  }
  return new Inspection(report);
}

class Inspection {
  #report;

  constructor(report) {
    this.#report = report;
    [this.capture] = report.lines("capture");
    this.connections = Array.from(
      { length: this.capture.connections },
      (_, number) => new Connection(report, number),
    );
  }

  json() {
    return this.#report.text("json");
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
    const lines = report.lines("about", number);
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
    const verdicts = this.#report.text("verdicts", this.#number).split("\n");
    const rows = this.#report.rows("frames", this.#number);
    const make = (row, number) => frameOf(row, number, verdicts);
    return this.#table("frames", new Table(rows, FRAME_WIDTH, make));
  }

  get messages() {
    const cut = (number) => this.#report.text("cut", this.#number, number);
    const rows = this.#report.rows("messages", this.#number);
    const make = (row, number) => messageOf(row, number, cut);
    return this.#table("messages", new Table(rows, MESSAGE_WIDTH, make));
  }

  stream(from) {
    return this.#report.bytes("stream", this.#number, choice(SENDERS, from, "from"));
  }

  wire(frame) {
    return this.#report.bytes("wire", this.#number, frame);
  }

  payload(frame) {
    return this.#report.parts("payload", this.#number, frame);
  }

  message(message) {
    return this.#report.parts("message", this.#number, message);
  }

  find(text) {
    return Uint32Array.from(this.#report.rows("find", this.#number, 0, text));
  }

  xray(message) {
    return stepsOf(this.#report.rows("xray", this.#number, message));
  }
}

function range(value, end, name) {
  if (!(Number.isInteger(value) && value >= 0 && value < end)) {
    throw new RangeError(`${name}: 0 to ${end - 1}`);
  }
  return value;
}

function build(module, fields) {
  const { opcode, fin = true, rsv1, rsv2, rsv3, maskingKey, compress = false } = fields;
  const first =
    range(opcode, 16, "opcode") | (fin && 0x80) | (rsv1 && 0x40) | (rsv2 && 0x20) | (rsv3 && 0x10);
  const key = maskingKey === undefined ? NaN : range(maskingKey, 2 ** 32, "maskingKey");
  return module.build(fields.payload ?? "", first, key, compress);
}

/** Loads the engine from here, or from wherever `found` says. */
export async function load(wasm, found) {
  const module = await instantiate(wasm ?? found());
  return {
    inspect: (input, options) => inspect(module, input, options),
    build: (fields) => build(module, fields),
  };
}
