// The engine's module and its memory: wasm/bindings/src/lib.rs is the other side.

import { itemsOf } from "./archive.js";

// What can be asked for, as the engine numbers it.
const ANSWERS = [
  "capture",
  "json",
  "about",
  "verdicts",
  "cut",
  "frames",
  "messages",
  "xray",
  "stream",
  "wire",
  "payload",
  "message",
  "find",
];

/** The number of the format that is read here. */
const HAR = 7;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Loads the engine from whatever `load` of ../index.d.ts takes. */
export async function instantiate(wasm) {
  let source = await wasm;
  if (typeof source === "string" || source instanceof URL) source = await fetch(source);
  if (source instanceof Response) {
    if (!source.ok) throw new Error(`${source.url}: ${source.status}`);
    source = await source.arrayBuffer();
  }
  const { instance, exports } = await WebAssembly.instantiate(source);
  return new Module(exports ?? instance.exports);
}

class Module {
  #engine;
  /** Where bytes wait that go in or come out. */
  #border;
  #forgotten;

  constructor(engine) {
    this.#engine = engine;
    this.#border = engine.border();
    this.#forgotten = new FinalizationRegistry((pointer) => engine.release(pointer));
  }

  /** Inspects an input, and returns a pointer; choices are numbers, below 0 for none. */
  inspect(owner, input, format, ...choices) {
    const bytes = typeof input === "string" ? encoder.encode(input) : input;
    this.#put(bytes);
    const isGuess = format < 0;
    const known = isGuess ? this.#engine.recognise(this.#border) : format;
    if (known === HAR) this.#put(itemsOf(bytes));
    const pointer = this.#engine.inspect(this.#border, known, isGuess, ...choices);
    this.#forgotten.register(owner, pointer, owner);
    return pointer;
  }

  isReadable(pointer) {
    return this.#engine.is_readable(pointer) !== 0;
  }

  release(owner, pointer) {
    this.#forgotten.unregister(owner);
    this.#engine.release(pointer);
  }

  get(pointer, answer, connection, number, sought) {
    this.#put(sought);
    const what = ANSWERS.indexOf(answer);
    return this.#take(this.#engine.get(pointer, this.#border, what, connection, number));
  }

  build(payload, ...fields) {
    this.#put(payload);
    return this.#take(this.#engine.build(this.#border, ...fields));
  }

  #put(input) {
    const bytes = typeof input === "string" ? encoder.encode(input) : input;
    const at = this.#engine.room(this.#border, bytes.length) >>> 0;
    new Uint8Array(this.#engine.memory.buffer).set(bytes, at);
  }

  #take(length) {
    const at = this.#engine.start(this.#border) >>> 0;
    const bytes = new Uint8Array(this.#engine.memory.buffer, at, length >>> 0).slice();
    this.#engine.room(this.#border, 0);
    return bytes;
  }
}

/** What was found in an input, as the engine has it. */
export class Report {
  #module;
  #pointer;

  constructor(module, input, choices) {
    this.#module = module;
    this.#pointer = module.inspect(this, input, ...choices);
    this.isReadable = module.isReadable(this.#pointer);
  }

  bytes(answer, connection = 0, number = 0, sought = "") {
    if (this.#pointer === undefined) throw new Error("the inspection has been freed");
    return this.#module.get(this.#pointer, answer, connection, number, sought);
  }

  text(...what) {
    return decoder.decode(this.bytes(...what));
  }

  lines(...what) {
    return this.text(...what).trimEnd().split("\n").map((line) => JSON.parse(line));
  }

  rows(...what) {
    return new Float64Array(this.bytes(...what).buffer);
  }

  /** Known bytes, and lengths of unknown ones: their number, their lengths, and the bytes. */
  parts(...what) {
    const { buffer } = this.bytes(...what);
    const count = buffer.byteLength && new Float64Array(buffer, 0, 1)[0];
    const known = new Uint8Array(buffer, count && 8 + count * 8);
    let at = 0;
    return Array.from(new Float64Array(buffer, count && 8, count), (length) =>
      length < 0 ? -length : known.subarray(at, (at += length)),
    );
  }

  free() {
    if (this.#pointer !== undefined) this.#module.release(this, this.#pointer);
    this.#pointer = undefined;
  }
}
