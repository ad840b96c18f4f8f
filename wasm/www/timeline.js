// Both ends' bytes over time: two lanes, opcodes by colour, gaps and violations where they are.

import { choice, h, number, span } from "./dom.js";
import { opcodeClass, opcodeName, SENDERS } from "./words.js";

const HEIGHT = 96;
/** Pixels between the lanes, where violations stand. */
const MIDDLE = 12;
/** Pixels left and right of what is drawn. */
const MARGIN = 5;
/** What the style sheet calls the colours of opcodes. */
const CLASSES = [
  "op-text",
  "op-binary",
  "op-continuation",
  "op-close",
  "op-ping",
  "op-pong",
  "op-reserved",
];

/** Of each opcode, which of these it is. */
const CLASS_OF = Array.from({ length: 16 }, (_, opcode) => CLASSES.indexOf(opcodeClass(opcode)));

/** The lanes of a connection. */
export class Timeline {
  /** `onSelect` is told the row that is pressed, or reached by the arrow keys. */
  constructor(place, onSelect) {
    this.onSelect = onSelect;
    this.selected = -1;
    // As colours, their values can be painted with, whatever they are made of.
    for (const name of [...CLASSES, "gap", "line", "bad"]) {
      CSS.registerProperty({
        name: `--${name}`,
        syntax: "<color>",
        inherits: true,
        initialValue: "#000",
      });
    }
    this.canvas = h("canvas", { height: HEIGHT });
    this.marker = h("div", { className: "marker", hidden: true });
    this.lanes = h(
      "div",
      {
        className: "lanes",
        role: "slider",
        tabIndex: 0,
        "aria-label": "Timeline of frames",
        "aria-valuemin": 0,
        "aria-valuemax": 0,
        "aria-valuenow": 0,
        onclick: (event) => this.press(event),
        onkeydown: (event) => this.key(event),
      },
      this.canvas,
      this.marker,
    );
    this.axis = choice(
      "Axis",
      [
        ["time", "time"],
        ["order", "order"],
      ],
      ({ target }) => {
        this.byTime = target.value === "time";
        this.draw();
        this.mark(this.selected);
      },
    );
    this.scale = h("p", { className: "scale" });
    place.replaceChildren(
      h(
        "div",
        { className: "lane-names", "aria-hidden": "true" },
        SENDERS.map((name) => h("span", {}, name)),
      ),
      this.lanes,
      h("div", { className: "under" }, this.scale, this.axis),
    );
    new ResizeObserver(() => this.draw()).observe(this.lanes);
  }

  open(rows, about) {
    this.rows = rows;
    this.gaps = [about.client_gaps, about.server_gaps];
    this.selected = -1;
    this.byTime =
      rows.count > 1 && !rows.time.some(Number.isNaN) && rows.time[rows.count - 1] > rows.time[0];
    this.axis.hidden = !this.byTime;
    this.axis.querySelector("select").value = this.byTime ? "time" : "order";
    this.marker.hidden = true;
    this.lanes.setAttribute("aria-valuemax", Math.max(0, rows.count - 1));
    this.draw();
  }

  /** Marks a row as selected. */
  mark(row) {
    this.selected = row;
    this.marker.hidden = row < 0;
    if (row < 0) return;
    const { from, opcode } = this.rows;
    this.marker.style.left = `calc(${MARGIN}px + ${this.place(row)} * (100% - ${2 * MARGIN}px))`;
    this.lanes.setAttribute("aria-valuenow", row);
    this.lanes.setAttribute(
      "aria-valuetext",
      `frame ${row}, ${SENDERS[from[row]]}, ${opcodeName(opcode[row])}`,
    );
  }

  /** Where a row stands, from 0 to 1. */
  place(row) {
    const { count, time } = this.rows;
    if (!this.byTime) return count > 1 ? row / (count - 1) : 0.5;
    // Not every frame is later than the one before: packets overtake each other.
    return Math.max(0, Math.min(1, (time[row] - time[0]) / (time[count - 1] - time[0])));
  }

  draw() {
    const { rows, canvas } = this;
    const width = this.lanes.clientWidth;
    if (!rows || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: width * ratio, height: HEIGHT * ratio });
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    const paint = canvas.getContext("2d");
    paint.scale(ratio, ratio);
    const lane = (HEIGHT - MIDDLE) / 2;
    const x = (row) => Math.round(MARGIN + this.place(row) * (width - 2 * MARGIN));

    this.bars(paint, colour, lane, x, width);
    this.gapMarks(paint, colour("gap"), lane, x);
    paint.fillStyle = colour("line");
    paint.fillRect(0, HEIGHT / 2, width, 1);
    paint.fillStyle = colour("bad");
    const last = [-1, -1];
    for (let row = 0; row < rows.count; row += 1) {
      // One for a pixel is enough.
      if (!rows.verdict[row] || last[rows.from[row]] === x(row)) continue;
      last[rows.from[row]] = x(row);
      const y = HEIGHT / 2 + (rows.from[row] ? MIDDLE / 2 : -MIDDLE / 2);
      paint.beginPath();
      paint.moveTo(x(row) - 3, HEIGHT / 2);
      paint.lineTo(x(row) + 5, HEIGHT / 2);
      paint.lineTo(x(row) + 1, y);
      paint.fill();
    }
    this.scale.textContent = this.byTime
      ? `0 to ${span(rows.time[rows.count - 1] - rows.time[0])}`
      : `${number(rows.count)} in order`;
  }

  /** What was sent in each pixel, stacked by opcode; the height is a logarithm. */
  bars(paint, colour, lane, x, width) {
    const { rows } = this;
    const sums = new Float64Array(2 * width * CLASSES.length);
    const totals = new Float64Array(2 * width);
    let most = 1;
    for (let row = 0; row < rows.count; row += 1) {
      const at = rows.from[row] * width + x(row);
      const bytes = rows.header[row] + rows.len[row] || 1;
      sums[at * CLASSES.length + CLASS_OF[rows.opcode[row]]] += bytes;
      totals[at] += bytes;
      most = Math.max(most, totals[at]);
    }
    const colours = CLASSES.map(colour);
    const bar = rows.count * 4 < width ? 3 : 2;
    for (let at = 0; at < totals.length; at += 1) {
      if (!totals[at]) continue;
      const isServer = at >= width;
      const height = 4 + ((lane - 4) * Math.log1p(totals[at])) / Math.log1p(most);
      let y = isServer ? (HEIGHT + MIDDLE) / 2 : (HEIGHT - MIDDLE) / 2;
      colours.forEach((fill, each) => {
        const share = (height * sums[at * CLASSES.length + each]) / totals[at];
        if (!share) return;
        paint.fillStyle = fill;
        paint.fillRect(at % width, isServer ? y : y - share, bar, share);
        y += isServer ? share : -share;
      });
    }
  }

  /** Gaps, at the first frame behind each. */
  gapMarks(paint, colour, lane, x) {
    const { rows } = this;
    paint.strokeStyle = colour;
    paint.setLineDash([3, 3]);
    this.gaps.forEach((gaps, from) => {
      let row = 0;
      for (const { offset } of gaps) {
        while (
          row < rows.count - 1 &&
          !(rows.from[row] === from && rows.offset[row] + rows.header[row] + rows.len[row] > offset)
        )
          row += 1;
        const top = from ? (HEIGHT + MIDDLE) / 2 : 0;
        paint.strokeRect(x(row) - 3.5, top + 0.5, 9, lane - 1);
      }
    });
    paint.setLineDash([]);
  }

  press({ clientX, clientY }) {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    const from = clientY - top > HEIGHT / 2 ? 1 : 0;
    const at = (clientX - left - MARGIN) / (width - 2 * MARGIN);
    let best = -1;
    let least = Infinity;
    for (let row = 0; row < this.rows.count; row += 1) {
      const distance = Math.abs(this.place(row) - at) + (this.rows.from[row] === from ? 0 : 0.01);
      if (distance < least) [best, least] = [row, distance];
    }
    if (best >= 0) this.onSelect(best);
  }

  key(event) {
    const { count } = this.rows;
    const step = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      Home: -count,
      End: count,
    }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.onSelect(Math.max(0, Math.min(count - 1, this.selected + step)));
  }
}
