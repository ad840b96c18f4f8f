// The fields of a frame as a tree: frame, fields, parts of the payload, with their bytes.

import { h, roving } from "./dom.js";
import { bytesOf } from "./fields.js";

/** Draws the tree; `onSelect` is told the field that is pressed, none for the frame. */
export function tree(title, fields, violations, onSelect) {
  const last = fields.find(({ id }) => id === "payload");
  const [, end] = bytesOf(last);
  const items = [
    item({ id: "", level: 1, name: title, value: "", bit: 0, bits: end * 8 }, [], onSelect),
  ];
  for (const field of fields) {
    items.push(
      item(
        field,
        violations.filter((violation) => violation.field === field.id),
        onSelect,
      ),
    );
  }
  const drawn = h("div", { role: "tree", className: "tree", "aria-label": "Fields" }, items);
  roving(drawn, "[role=treeitem]");
  items[0].tabIndex = 0;
  return drawn;
}

/** Marks the field that is selected. */
export function markTree(drawn, id) {
  for (const each of drawn.children) {
    const is = each.dataset.field === id;
    each.setAttribute("aria-selected", is);
    each.tabIndex = is ? 0 : -1;
    if (is) {
      const within = drawn.parentElement;
      const top = each.offsetTop - within.offsetTop;
      if (top < within.scrollTop || top > within.scrollTop + within.clientHeight - 40)
        within.scrollTop = top - 20;
    }
  }
}

function item(field, violations, onSelect) {
  const [start, end] = bytesOf(field);
  const range = end - start > 1 ? `${start}–${end - 1}` : end > start ? String(start) : "";
  const made = h(
    "div",
    {
      role: "treeitem",
      "aria-level": field.level,
      "aria-selected": false,
      tabIndex: -1,
      className: `item level-${field.level}${violations.length ? " bad" : ""}`,
      onclick: () => onSelect(field.id),
    },
    h("span", { className: `swatch g-${field.group ?? "none"}` }),
    h("span", { className: "name" }, field.name),
    h(
      "span",
      { className: "value" },
      field.value,
      field.note && h("span", { className: "note" }, field.note),
    ),
    h("span", { className: "range" }, range),
    violations.map(({ line, rfc, section }) =>
      h("span", { className: "violation" }, `${line} (RFC ${rfc} section ${section})`),
    ),
  );
  made.dataset.field = field.id;
  return made;
}
