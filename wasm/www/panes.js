// A frame's bytes as they were on the wire, unmasked and inflated, side by side; and the message.

import { button, copy, count, download, h, hex, hexes, number } from "./dom.js";
import { HexView } from "./hex.js";
import { fieldAt } from "./fields.js";
import { isJson, layOut, textElement } from "./text.js";
import { stepLine, Xray } from "./xray.js";

/** The panes of a frame. */
export class Panes {
  /**
   * @param place where they stand
   * @param answer the frame as the engine has told it
   * @param fields its fields
   * @param wholeMessage gives all bytes of a message
   * @param onSelect is told a range of the frame's bytes
   */
  constructor(place, answer, fields, wholeMessage, onSelect) {
    const { frame, wire, payload, message } = answer;
    this.frame = frame;
    this.wire = wire;
    this.payload = payload;
    this.message = message;
    this.wholeMessage = wholeMessage;
    this.onSelect = onSelect;
    this.headerLen = frame?.headerLen ?? 0;
    // Where bytes are missing, one place on the wire is not one in the payload.
    this.isAligned = frame && !payload.unknown.length;
    this.status = h("p", { className: "status", role: "status" });
    const panes = [];
    if (frame) {
      this.wireView = new HexView("On the wire", wire, {
        classOf: (at) => `g-${fieldAt(fields, at)?.group}`,
        onSelect: (at) => this.byte(at),
      });
      panes.push(
        pane(
          `On the wire, ${shownOf(wire, frame.headerLen + frame.presentLen)}`,
          [button("Copy", ({ target }) => copy(hexes(wire), target), { className: "quiet" })],
          this.wireView.element,
        ),
      );
      if (frame.maskingKey !== undefined || payload.unknown.length) {
        this.payloadView = new HexView("Payload, unmasked", payload.bytes, {
          unknown: payload.unknown,
          classOf: () => "g-payload",
          onSelect: (at) => this.payloadByte(at),
        });
        panes.push(pane("Payload, unmasked", [], this.payloadView.element));
      }
    }
    if (message) panes.push(...this.messagePanes());
    place.replaceChildren(h("div", { className: "panes" }, panes), this.status);
  }

  messagePanes() {
    const { message, frame } = this;
    const { about } = message;
    const panes = [];
    // Where in the message's compressed data this frame's begin is known of a message of one frame.
    this.isWhole = frame && about.frames === 1 && this.isAligned;
    if (about.compressed) {
      this.xray = new Xray(message.steps);
      this.inflatedView = new HexView("Inflated", message.bytes, {
        unknown: message.unknown,
        classOf: (at) => this.xray.classOf(at),
        onSelect: (at) => this.inflatedByte(at),
      });
      panes.push(
        pane(
          `Inflated, ${shownOf(message.bytes, about.len)}`,
          [this.xray.legend()],
          this.inflatedView.element,
          h("p", { className: "note" }, this.xray.summary()),
        ),
      );
    }
    if (about.kind === "text") panes.push(this.textPane());
    else if (!about.compressed && (about.frames > 1 || !frame)) {
      panes.push(
        pane(
          messageTitle(about),
          this.saveButton(),
          new HexView("Message", message.bytes, { unknown: message.unknown }).element,
        ),
      );
    }
    return panes;
  }

  /** Marks bytes of the frame, and the same bytes in the other panes. */
  mark(from, to, cursor = from) {
    if (!this.frame) return;
    this.wireView.mark(from, to, cursor);
    const inPayload = (at) => Math.max(0, at - this.headerLen);
    if (this.isAligned) this.payloadView?.mark(inPayload(from), inPayload(to), inPayload(cursor));
    if (this.isWhole && this.inflatedView) {
      const isOne = cursor >= this.headerLen && to - from === 1;
      const step = isOne ? this.xray.ofBit(inPayload(cursor) * 8 + 7) : undefined;
      this.inflatedView.mark(step?.at ?? 0, step?.len ? step.at + step.len : 0);
    }
    this.status.textContent = this.line(cursor, to > from);
  }

  /** What there is to say about a byte. */
  line(at, isThere) {
    if (!isThere) return "";
    const { wire, headerLen, frame, payload } = this;
    const name = `Byte ${at}`;
    if (at < headerLen)
      return `${name}: ${hex(wire[at])}, ${wire[at].toString(2).padStart(8, "0")}`;
    const unmasked = payload.bytes[at - headerLen];
    if (!this.isAligned || unmasked === undefined) return name;
    const key = (frame.maskingKey >>> (24 - ((at - headerLen) & 3) * 8)) & 0xff;
    const letter = unmasked >= 0x20 && unmasked < 0x7f ? ` “${String.fromCharCode(unmasked)}”` : "";
    const masking =
      frame.maskingKey === undefined
        ? hex(unmasked)
        : `${hex(wire[at])} XOR key ${hex(key)} = ${hex(unmasked)}`;
    const step =
      this.isWhole && this.xray
        ? `; ${stepLine(this.xray.ofBit((at - headerLen) * 8 + 7))}`
        : letter;
    return `${name}, payload byte ${at - headerLen}: ${masking}${step}`;
  }

  byte(at) {
    this.onSelect(at, at + 1);
  }

  payloadByte(at) {
    if (this.isAligned) this.onSelect(at + this.headerLen, at + this.headerLen + 1);
    else this.payloadView.mark(at, at + 1);
  }

  inflatedByte(at) {
    const step = this.xray.at(at);
    if (step && this.isWhole) {
      const [from, to] = this.xray.compressed(step);
      this.onSelect(from + this.headerLen, Math.min(to + this.headerLen, this.wire.length));
    }
    if (step) this.inflatedView.mark(step.at, step.at + step.len, at);
    this.status.textContent = `Inflated byte ${at}: ${hex(this.message.bytes[at])}, ${stepLine(step)}`;
  }

  /** A button that saves the message, of which less may be shown; none if some of it is unknown. */
  saveButton() {
    const { about, unknown } = this.message;
    if (unknown.length) return [];
    const save = async () => {
      const { bytes } = await this.wholeMessage(about.number);
      const kind = about.kind === "text" ? "txt" : "bin";
      download(`message-${about.number}.${kind}`, "application/octet-stream", bytes);
    };
    return [button("Save", save, { className: "quiet" })];
  }

  /** The message to be read. */
  textPane() {
    const { message } = this;
    const { about, bytes, unknown, len } = message;
    const holder = h("div", {});
    const title = messageTitle(about) + (about.cut ? `: ${about.cut}` : "");
    const show = (lay) => holder.replaceChildren(textElement(message, lay));
    const whole = !unknown.length && len === bytes.length ? new TextDecoder().decode(bytes) : "";
    const tools = this.saveButton();
    if (isJson(whole)) {
      const modes = [
        ["JSON", layOut],
        ["Text", undefined],
      ].map(([name, lay]) =>
        button(
          name,
          ({ target }) => {
            show(lay);
            for (const mode of modes) mode.setAttribute("aria-pressed", mode === target);
          },
          { className: "quiet", "aria-pressed": lay === layOut },
        ),
      );
      tools.unshift(...modes);
      show(layOut);
    } else {
      show();
    }
    return pane(title, tools, holder);
  }
}

function pane(title, tools, ...children) {
  return h("section", { className: "pane" }, h("header", {}, h("h3", {}, title), tools), children);
}

const messageTitle = ({ number, frames }) =>
  `Message ${number}${frames > 1 ? `, of ${frames} frames` : ""}`;

/** How many bytes there are, and how many of them are shown. */
const shownOf = ({ length }, len) =>
  count(len, "byte") + (length < len ? `, the first ${number(length)} of them shown` : "");
