// One frame: its figure, its fields and its bytes, of which a selection in one is a selection in all.

import { count, h } from "./dom.js";
import { bytesOf, fieldAt, fields as fieldsOf } from "./fields.js";
import { figure, markFigure } from "./figure.js";
import { Panes } from "./panes.js";
import { markTree, tree } from "./tree.js";

/** The frame that is shown. */
export class Detail {
  /**
   * The figure and the fields stand in `place`, the bytes in `below`; `wholeMessage` gives all bytes
   * of a message.
   */
  constructor(place, below, wholeMessage) {
    this.place = place;
    this.below = below;
    this.wholeMessage = wholeMessage;
    this.clear();
  }

  clear() {
    this.place.replaceChildren(
      h("p", { className: "hint" }, "Select a frame to see its bits, fields and bytes."),
    );
    this.below.replaceChildren();
    this.fields = [];
  }

  /** Shows a frame, or a message of an input that has no frames. */
  show(answer) {
    const { frame } = answer;
    if (!frame) {
      this.fields = [];
      this.place.replaceChildren(
        h(
          "p",
          { className: "hint" },
          "This input has messages only: what they were framed in is not in it.",
        ),
      );
      this.panes = new Panes(this.below, answer, [], this.wholeMessage, () => {});
      return;
    }
    this.fields = fieldsOf(answer);
    const violations = answer.violations.map((violation) => ({
      ...violation,
      field: this.fieldOf(violation, frame),
    }));
    this.figure = figure(this.fields, (id) => this.selectField(id));
    this.tree = tree(title(frame), this.fields, violations, (id) => this.selectField(id));
    this.place.replaceChildren(this.figure, h("div", { className: "scroll" }, this.tree));
    this.panes = new Panes(this.below, answer, this.fields, this.wholeMessage, (from, to) =>
      this.selectBytes(from, to),
    );
    this.frame = frame;
    markFigure(this.figure);
    markTree(this.tree, "");
  }

  /** The field that a violation is about. */
  fieldOf({ id, offset }, frame) {
    const byId = {
      "reserved-bits":
        ["rsv1", "rsv2", "rsv3"].find(
          (name, at) => frame[name] && !(at === 0 && frame.inflatedLen !== undefined),
        ) ?? "rsv1",
      "reserved-opcode": "opcode",
      unmasked: "mask",
      masked: "mask",
      "fragmented-control": "fin",
      "non-minimal-length": "len",
      "length-top-bit": "len",
      "control-too-long": "len7",
      "unexpected-continuation": "opcode",
      "expected-continuation": "opcode",
      "close-code": "code",
      "data-after-close": "opcode",
    };
    const found =
      this.fields.find((field) => field.id === byId[id]) ??
      fieldAt(this.fields, offset - frame.offset);
    return found?.id ?? "payload";
  }

  selectField(id) {
    const field = this.fields.find((each) => each.id === id);
    const [from, to] = field
      ? bytesOf(field)
      : bytesOf(this.fields.find((each) => each.id === "payload")).with(0, 0);
    this.mark(id, from, to);
  }

  selectBytes(from, to) {
    this.mark(fieldAt(this.fields, from)?.id ?? "", from, to);
  }

  /** Selects the byte of a violation. */
  selectViolation(violation) {
    if (!this.frame || this.fields.length === 0) return;
    const at = violation.offset - this.frame.offset;
    if (at >= 0) this.mark(this.fieldOf(violation, this.frame), at, at + 1);
  }

  mark(id, from, to) {
    // Parts of the payload are not drawn in the figure.
    const drawn = this.fields.find((field) => field.id === id)?.level === 3 ? "payload" : id;
    markFigure(this.figure, drawn);
    markTree(this.tree, id);
    this.panes.mark(from, to);
  }
}

function title({ number, from, opcodeName, headerLen, presentLen }) {
  return `Frame ${number} of the ${from}: ${opcodeName}, ${count(headerLen + presentLen, "byte")}`;
}
