// Rows of numbers as they come from the engine: wasm/bindings/src/columns.rs writes them.

const OPCODES = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
const STEPS = ["literal", "match", "block", "block", "block", "stored", "end"];
const BLOCKS = { 2: "stored", 3: "fixed", 4: "dynamic" };

/** NaN stands for what is not there. */
const known = (number) => (Number.isNaN(number) ? undefined : number);
const senderOf = (bit) => (bit ? "server" : "client");

/** Rows of which objects are made when they are asked for. */
export class Table {
  #rows;
  #width;
  #make;

  constructor(rows, width, make) {
    this.#rows = rows;
    this.#width = width;
    this.#make = make;
    this.length = rows.length / width;
  }

  at(number) {
    if (!(number >= 0 && number < this.length)) throw new RangeError(`no row ${number}`);
    const start = number * this.#width;
    return this.#make(this.#rows.subarray(start, start + this.#width), number);
  }

  *[Symbol.iterator]() {
    for (let number = 0; number < this.length; number += 1) yield this.at(number);
  }
}

export const FRAME_WIDTH = 9;
export function frameOf(row, number, verdicts) {
  const [time, offset, fileOffset, payloadLen, presentLen, inflatedLen, message, key, bits] = row;
  const opcode = bits & 0xf;
  return {
    number,
    from: senderOf(bits & 0x100),
    time: known(time),
    offset,
    fileOffset: known(fileOffset),
    opcode,
    opcodeName: OPCODES[opcode] ?? "reserved",
    fin: (bits & 0x80) !== 0,
    rsv1: (bits & 0x40) !== 0,
    rsv2: (bits & 0x20) !== 0,
    rsv3: (bits & 0x10) !== 0,
    maskingKey: known(key),
    headerLen: (bits >> 9) & 0xf,
    payloadLen,
    presentLen,
    inflatedLen: known(inflatedLen),
    message: known(message),
    verdict: verdicts[(bits >> 13) - 1],
  };
}

export const MESSAGE_WIDTH = 6;
export function messageOf(row, number, cut) {
  const [time, firstFrame, frames, wireLen, len, bits] = row;
  return {
    number,
    from: senderOf(bits & 1),
    time: known(time),
    kind: bits & 2 ? "binary" : "text",
    firstFrame: known(firstFrame),
    frames,
    wireLen,
    len,
    compressed: (bits & 4) !== 0,
    whole: (bits & 8) !== 0,
    cut: bits & 16 ? cut(number) : undefined,
  };
}

export function stepsOf(rows) {
  return Array.from({ length: rows.length / 5 }, (_, number) => {
    const [bit, at, len, distance, bits] = rows.subarray(number * 5, number * 5 + 5);
    const code = bits & 7;
    const step = { bit, at, kind: STEPS[code] };
    if (step.kind === "block") return { ...step, block: BLOCKS[code], final: (bits & 8) !== 0 };
    if (len) step.len = len;
    if (distance) step.distance = distance;
    return step;
  });
}
