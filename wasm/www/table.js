// The table of frames.

import { h, number, span } from "./dom.js";
import { Virtual } from "./virtual.js";
import { flagLetters, opcodeClass, opcodeName, SENDERS } from "./words.js";

const ROW_HEIGHT = 26;
const COLUMNS = ["#", "Time", "From", "Opcode", "Flags", "Bytes", "Inflated", "Payload"];

/** A grid of the frames that the filters let through. */
export class Table {
  /**
   * @param place where it stands
   * @param onSelect is told the row that is selected
   * @param previews gives the beginnings of the payloads of rows
   */
  constructor(place, onSelect, previews) {
    this.onSelect = onSelect;
    this.previews = previews;
    this.visible = new Uint32Array();
    this.selected = -1;
    this.head = h(
      "div",
      { role: "row", className: "row head", "aria-rowindex": 1 },
      COLUMNS.map((name) =>
        h(
          "div",
          { role: "columnheader", className: `c-${name === "#" ? "n" : name.toLowerCase()}` },
          name,
        ),
      ),
    );
    this.grid = h(
      "div",
      {
        role: "grid",
        className: "grid",
        tabIndex: 0,
        "aria-label": "Frames",
        "aria-colcount": COLUMNS.length,
        onkeydown: (event) => this.key(event),
        onclick: (event) => this.click(event),
      },
      h("div", { role: "rowgroup", className: "sticky" }, this.head),
    );
    place.replaceChildren(this.grid);
    this.virtual = new Virtual(
      this.grid,
      ROW_HEIGHT,
      (at) => this.row(at),
      (first, end) => this.fill(first, end),
    );
  }

  /** Shows other frames. */
  open(rows) {
    this.rows = rows;
    this.start = rows.time.find((time) => !Number.isNaN(time));
    this.texts = new Map();
    this.selected = -1;
    this.grid.style.setProperty("--n", `${Math.max(3, number(rows.count).length)}ch`);
    this.grid.classList.toggle("timed", this.start !== undefined);
    this.grid.classList.toggle(
      "inflates",
      rows.inflated.some((len) => !Number.isNaN(len)),
    );
  }

  /** Shows these rows of them. */
  show(visible) {
    this.visible = visible;
    this.grid.setAttribute("aria-rowcount", visible.length + 1);
    this.virtual.reset(visible.length);
    if (this.selected >= 0) this.mark(this.selected);
  }

  /** Marks a row as selected, and brings it in sight. */
  mark(row) {
    const before = this.virtual.row(this.position(this.selected));
    before?.setAttribute("aria-selected", false);
    this.selected = row;
    const at = this.position(row);
    if (at < 0) {
      this.grid.removeAttribute("aria-activedescendant");
      return;
    }
    this.virtual.reveal(at);
    this.virtual.row(at)?.setAttribute("aria-selected", true);
    this.grid.setAttribute("aria-activedescendant", `row-${row}`);
  }

  /** Where a row stands among those shown; they are in order. */
  position(row) {
    let low = 0;
    let high = this.visible.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.visible[middle] < row) low = middle + 1;
      else high = middle;
    }
    return this.visible[low] === row ? low : -1;
  }

  row(at) {
    const { rows } = this;
    const row = this.visible[at];
    const verdict = rows.verdict[row] ? rows.verdicts[rows.verdict[row] - 1] : "";
    const inflated = rows.inflated[row];
    const cell = (name, ...children) =>
      h("div", { role: "gridcell", className: `c-${name}` }, ...children);
    const payload = cell("payload", this.texts.get(row) ?? "");
    if (verdict) payload.prepend(h("span", { className: "verdict" }, verdict));
    const ratio = inflated && rows.len[row] ? ` (${(inflated / rows.len[row]).toFixed(1)}×)` : "";
    return h(
      "div",
      {
        role: "row",
        id: `row-${row}`,
        "aria-rowindex": at + 2,
        "aria-selected": row === this.selected,
        className: `row ${SENDERS[rows.from[row]]}${verdict ? " bad" : ""}`,
      },
      cell("n", number(row)),
      cell("time", Number.isNaN(rows.time[row]) ? "" : span(rows.time[row] - this.start)),
      cell("from", SENDERS[rows.from[row]]),
      cell(
        "opcode",
        h(
          "span",
          { className: `chip ${opcodeClass(rows.opcode[row])}` },
          opcodeName(rows.opcode[row]),
        ),
      ),
      cell("flags", flagLetters(rows.flags[row])),
      cell("bytes", number(rows.len[row])),
      cell("inflated", Number.isNaN(inflated) ? "" : `${number(inflated)}${ratio}`),
      payload,
    );
  }

  /** Asks for the payloads of what is in sight, and writes them when they are there. */
  async fill(first, end) {
    const { rows, texts } = this;
    const missing = [...this.visible.subarray(first, end)].filter((row) => !texts.has(row));
    if (missing.length === 0) return;
    for (const row of missing) texts.set(row, "");
    const found = await this.previews(missing);
    if (rows !== this.rows) return;
    missing.forEach((row, at) => {
      texts.set(row, found[at]);
      this.virtual.row(this.position(row))?.lastChild.append(found[at]);
    });
  }

  key(event) {
    const { length } = this.visible;
    const at = this.position(this.selected);
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: this.virtual.page,
      PageUp: -this.virtual.page,
      Home: -length,
      End: length,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey || length === 0)
      return;
    event.preventDefault();
    this.onSelect(this.visible[Math.max(0, Math.min(length - 1, at < 0 ? 0 : at + step))]);
  }

  click(event) {
    const row = event.target.closest(".rows > .row");
    if (row) this.onSelect(Number(row.id.slice(4)));
  }
}
