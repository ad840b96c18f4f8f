// Which frames are shown: by direction, opcode, text and whether something is wrong with them.

import { choice, count, h, number, tick } from "./dom.js";
import { opcodeName } from "./words.js";

/** Waits for the next letter this long before it searches. */
const PAUSE_MS = 150;

/** The filters of a connection. */
export class Filters {
  /** `find` gives the numbers of the messages with a text; `onChange` is told the rows let through. */
  constructor(place, find, onChange) {
    this.find = find;
    this.onChange = onChange;
    const apply = () => this.apply();
    this.from = choice(
      "From",
      [
        ["", "both"],
        ["0", "client"],
        ["1", "server"],
      ],
      apply,
    );
    this.opcode = choice("Opcode", [["", "all"]], apply);
    this.text = h(
      "label",
      { className: "field grow" },
      h("span", {}, "Text"),
      h("input", {
        type: "search",
        placeholder: "in the messages",
        spellcheck: false,
        oninput: () => this.typed(),
      }),
    );
    this.problems = tick("Problems only", apply);
    this.shown = h("p", { className: "count", role: "status" });
    place.replaceChildren(this.from, this.opcode, this.text, this.problems, this.shown);
  }

  /** Filters other frames, from no filter on. */
  open(rows) {
    this.rows = rows;
    const found = [...new Set(rows.opcode)].sort((a, b) => a - b);
    const [fromSelect, opcodeSelect, input, box] = this.controls();
    opcodeSelect.replaceChildren(
      ...[["", "all"], ...found.map((opcode) => [opcode, opcodeName(opcode)])].map(
        ([value, text]) => h("option", { value }, text),
      ),
    );
    fromSelect.value = opcodeSelect.value = input.value = "";
    box.checked = false;
    return this.apply();
  }

  controls() {
    return [this.from, this.opcode, this.text, this.problems].map((label) =>
      label.querySelector("select, input"),
    );
  }

  typed() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.apply(), PAUSE_MS);
  }

  async apply() {
    const { rows } = this;
    const [from, opcode, text, problems] = this.controls();
    const wanted = text.value;
    const messages = wanted ? new Set(await this.find(wanted)) : undefined;
    // Another search, or other frames, may have come meanwhile.
    if (rows !== this.rows || wanted !== text.value) return;
    const visible = new Uint32Array(rows.count);
    let len = 0;
    for (let row = 0; row < rows.count; row += 1) {
      if (from.value !== "" && rows.from[row] !== Number(from.value)) continue;
      if (opcode.value !== "" && rows.opcode[row] !== Number(opcode.value)) continue;
      if (problems.checked && !rows.verdict[row]) continue;
      if (messages && !messages.has(rows.message[row])) continue;
      visible[len] = row;
      len += 1;
    }
    const what = rows.isMessages ? "message" : "frame";
    this.shown.textContent =
      len === rows.count ? count(len, what) : `${number(len)} of ${count(rows.count, what)}`;
    this.onChange(visible.subarray(0, len));
  }
}
