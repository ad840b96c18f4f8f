// Bytes as digits and letters, any number of them, with a cursor and a selection.

import { h, hex } from "./dom.js";
import { Virtual } from "./virtual.js";

/** Bytes in a row. */
const WIDTH = 8;
const ROW_HEIGHT = 20;

const printable = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");

/** A view of bytes. */
export class HexView {
  /**
   * @param {string} label what the bytes are
   * @param {Uint8Array} bytes the bytes
   * @param {{ unknown?: [number, number][], classOf?: (at: number) => string,
   *   onSelect?: (at: number) => void }} options `unknown`: ranges that cannot be known; `classOf`
   *   gives the class of a byte; `onSelect` is told the byte on which the cursor is to be put, and
   *   marks it
   */
  constructor(label, bytes, { unknown = [], classOf, onSelect }) {
    this.label = label;
    this.bytes = bytes;
    this.unknown = unknown;
    this.classOf = classOf;
    this.onSelect = onSelect ?? ((at) => this.mark(at, at + 1));
    this.cursor = -1;
    this.from = 0;
    this.to = 0;
    this.id = `hex-${label.toLowerCase().replace(/\W+/g, "-")}`;
    this.element = h("div", {
      className: "hex",
      role: "grid",
      tabIndex: 0,
      "aria-label": label,
      "aria-rowcount": Math.ceil(bytes.length / WIDTH),
      onclick: ({ target }) => target.dataset.at && this.onSelect(Number(target.dataset.at)),
      onkeydown: (event) => this.key(event),
    });
    this.virtual = new Virtual(this.element, ROW_HEIGHT, (row) => this.row(row));
    this.virtual.reset(Math.ceil(bytes.length / WIDTH));
  }

  isUnknown(at) {
    return this.unknown.some(([start, end]) => at >= start && at < end);
  }

  row(row) {
    const start = row * WIDTH;
    const digits = [];
    const letters = [];
    for (let at = start; at < Math.min(start + WIDTH, this.bytes.length); at += 1) {
      const unknown = this.isUnknown(at);
      const byte = this.bytes[at];
      const digit = h(
        "span",
        { role: "gridcell", id: `${this.id}-${at}` },
        unknown ? "??" : hex(byte),
      );
      const letter = h("span", {}, unknown ? "?" : printable(byte));
      digit.dataset.at = letter.dataset.at = at;
      this.paint(digit, letter, at);
      digits.push(digit);
      letters.push(letter);
    }
    return h(
      "div",
      { className: "hexrow", role: "row", "aria-rowindex": row + 1 },
      h("span", { className: "at", role: "rowheader" }, start.toString(16).padStart(4, "0")),
      h("span", { className: "digits", role: "presentation" }, digits),
      h("span", { className: "letters", "aria-hidden": "true" }, letters),
    );
  }

  paint(digit, letter, at) {
    const marked = at >= this.from && at < this.to;
    const name = [this.classOf?.(at) ?? "", marked && "marked", at === this.cursor && "cursor"]
      .filter(Boolean)
      .join(" ");
    digit.className = letter.className = name;
    digit.setAttribute("aria-selected", marked);
  }

  /** Selects bytes, and puts the cursor on one of them. */
  mark(from, to, cursor = from) {
    Object.assign(this, { from, to, cursor: to > from ? cursor : -1 });
    if (to > from) this.virtual.reveal(Math.floor(cursor / WIDTH));
    for (const row of this.virtual.body.children) {
      const [, { children: digits }, { children: letters }] = row.children;
      for (let each = 0; each < digits.length; each += 1)
        this.paint(digits[each], letters[each], Number(digits[each].dataset.at));
    }
    if (this.cursor >= 0)
      this.element.setAttribute("aria-activedescendant", `${this.id}-${this.cursor}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const { length } = this.bytes;
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: WIDTH,
      ArrowUp: -WIDTH,
      Home: -length,
      End: length,
      PageDown: WIDTH * this.virtual.page,
      PageUp: -WIDTH * this.virtual.page,
    };
    const step = steps[event.key];
    if (step === undefined || length === 0) return;
    event.preventDefault();
    this.onSelect(Math.max(0, Math.min(length - 1, this.cursor < 0 ? 0 : this.cursor + step)));
  }
}
