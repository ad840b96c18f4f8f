// What a compressed message is made of: each byte a literal or a copy, from how far back, in blocks
// of which type (RFC 1951).

import { count, h, number } from "./dom.js";

/** The steps of a message, to be asked by byte and by bit. */
export class Xray {
  constructor(steps) {
    this.steps = steps;
    /** The steps that make bytes, in order. */
    this.makers = steps.filter(({ len }) => len > 0);
  }

  /** The step that made a byte of the message. */
  at(byte) {
    return this.makers[lastUpTo(this.makers, byte, "at")];
  }

  /** The step that this bit of the compressed data is part of. */
  ofBit(bit) {
    return this.steps[lastUpTo(this.steps, bit, "bit")];
  }

  /** The bytes of the compressed data in which a step stands. */
  compressed(step) {
    const next = this.steps[this.steps.indexOf(step) + 1];
    return [step.bit >> 3, next ? (next.bit + 7) >> 3 : (step.bit >> 3) + 1];
  }

  classOf(byte) {
    const step = this.at(byte);
    return `x-${step?.kind ?? "none"}${step?.distance > step?.at ? " earlier" : ""}`;
  }

  /** How the message is made, in a few words. */
  summary() {
    const blocks = this.steps.filter(({ kind }) => kind === "block").map(({ block }) => block);
    const bytes = (kind) =>
      this.makers.reduce((sum, step) => sum + (step.kind === kind ? step.len : 0), 0);
    const copies = this.makers.filter(({ kind }) => kind === "match");
    const farthest = copies.reduce((most, { distance }) => Math.max(most, distance), 0);
    const types = [...new Set(blocks)].map((type) =>
      count(blocks.filter((each) => each === type).length, `${type} block`),
    );
    return [
      types.join(", "),
      bytes("literal") && count(bytes("literal"), "literal byte"),
      bytes("stored") && count(bytes("stored"), "stored byte"),
      copies.length &&
        `${count(copies.length, "back-reference")} for ${count(bytes("match"), "byte")}, the farthest ${number(farthest)} back`,
    ]
      .filter(Boolean)
      .join(" · ");
  }

  /** A legend of the colours. */
  legend() {
    const kinds = { literal: "literal", match: "back-reference", stored: "stored" };
    const used = Object.keys(kinds).filter((kind) =>
      this.makers.some((step) => step.kind === kind),
    );
    return h(
      "span",
      { className: "legend" },
      used.map((kind) => h("span", { className: `x-${kind}` }, kinds[kind])),
      this.makers.some(({ at, distance }) => distance > at) &&
        h("span", { className: "x-match earlier" }, "into an earlier message"),
    );
  }
}

/** A step in words. */
export function stepLine(step) {
  switch (step?.kind) {
    case "match": {
      const beyond = step.distance - step.at;
      const where =
        beyond > 0 ? `, ${count(beyond, "byte")} before this message: an earlier one` : "";
      return `copy of ${count(step.len, "byte")} from ${number(step.distance)} back${where}`;
    }
    case "literal":
      return "literal";
    case "stored":
      return `${count(step.len, "byte")} stored as they are`;
    case "block":
      return `header of a ${step.block} block${step.final ? ", the final one" : ""}`;
    case "end":
      return "end of a block";
    default:
      return "";
  }
}

/** The last of the steps of which `key` is not beyond a value. */
function lastUpTo(steps, value, key) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle][key] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
