// The figure of RFC 6455 section 5.2, drawn of the frame that is there.

import { button, h, roving } from "./dom.js";

/** Bits in a row. */
const WIDTH = 32;
/** Rows of payload that are drawn. */
const PAYLOAD_BITS = 64;

/** Draws a frame's fields; `onSelect` is told the field that is pressed. */
export function figure(fields, onSelect) {
  const drawn = fields.filter(({ level }) => level === 2);
  const cells = drawn.flatMap((field) =>
    segments(field).map((segment, at) => cell(field, segment, at, onSelect)),
  );
  const bits = Array.from({ length: WIDTH }, (_, bit) =>
    h("span", { className: "bit" }, String(bit % 10)),
  );
  const drawing = h(
    "div",
    { className: "figure", role: "group", "aria-label": "Header, bit by bit" },
    h("div", { className: "bits", "aria-hidden": "true" }, bits),
    h("div", { className: "cells" }, cells),
  );
  roving(drawing, "button");
  cells[0].tabIndex = 0;
  return drawing;
}

/** Marks the field that is selected. */
export function markFigure(drawing, id) {
  const cells = [...drawing.querySelectorAll("button")];
  const marked = cells.filter((each) => each.dataset.field === id);
  for (const each of cells) {
    each.setAttribute("aria-pressed", each.dataset.field === id);
    each.tabIndex = -1;
  }
  (marked.find((each) => each === document.activeElement) ?? marked[0] ?? cells[0]).tabIndex = 0;
}

/** A field cut at the ends of rows. */
function segments({ id, bit, bits }) {
  const shown = id === "payload" ? Math.min(bits, PAYLOAD_BITS - (bit % WIDTH)) : bits;
  const parts = [];
  for (let at = bit; at < bit + shown;) {
    const end = Math.min(bit + shown, at - (at % WIDTH) + WIDTH);
    parts.push({ row: Math.floor(at / WIDTH), start: at % WIDTH, len: end - at });
    at = end;
  }
  return parts;
}

function cell(field, { row, start, len }, at, onSelect) {
  const isBit = field.bits === 1;
  const made = button("", () => onSelect(field.id), {
    className: `cell g-${field.group}${isBit ? " one" : ""}`,
    tabIndex: -1,
    "aria-pressed": false,
    title: field.note ? `${field.name}: ${field.note}` : field.name,
  });
  made.dataset.field = field.id;
  made.append(
    ...(at === 0
      ? [
          h("span", { className: "name" }, field.short),
          " ",
          h("span", { className: "value" }, field.value),
        ]
      : [h("span", { className: "name" }, `${field.short}, continued`)]),
  );
  made.style.gridRow = row + 1;
  made.style.gridColumn = `${start + 1} / span ${len}`;
  return made;
}
