// Builds a frame of fields, allowed or not, and takes digits apart again as they are typed.

import { ask } from "./calls.js";
import { button, choice, copy, dialog, h, hexes, tick } from "./dom.js";
import { fields as fieldsOf } from "./fields.js";
import { figure, markFigure } from "./figure.js";
import { markTree, tree } from "./tree.js";
import { opcodeName } from "./words.js";

/** Shows the builder; `onInspect` is given the bytes that are to be inspected as traffic. */
export function showBuilder(onInspect) {
  const digits = h("textarea", {
    rows: 4,
    spellcheck: false,
    className: "mono",
    "aria-label": "Frame in hexadecimal digits",
    oninput: () => decode(),
  });
  const result = h("div", { className: "decoded" });
  const says = h("p", { className: "status", role: "status" });
  let bytes = new Uint8Array();
  let edits = 0;

  const form = h(
    "div",
    { className: "form", oninput: () => build() },
    choice(
      "Opcode",
      Array.from({ length: 16 }, (_, opcode) => [
        opcode,
        `${opcode.toString(16).toUpperCase()} ${opcodeName(opcode)}`,
      ]),
      undefined,
      { name: "opcode" },
    ),
    h(
      "div",
      { className: "ticks" },
      ["FIN", "RSV1", "RSV2", "RSV3"].map((name) =>
        tick(name, undefined, { name: name.toLowerCase(), checked: name === "FIN" }),
      ),
      tick("Mask", undefined, { name: "mask", checked: true }),
      tick("Compress", undefined, { name: "compress" }),
    ),
    h(
      "label",
      { className: "field" },
      h("span", {}, "Masking key"),
      h("input", {
        name: "key",
        value: "37fa213d",
        className: "mono",
        maxLength: 8,
        spellcheck: false,
      }),
    ),
    choice(
      "Payload is",
      [
        ["text", "text"],
        ["hex", "hexadecimal digits"],
        ["close", "code and reason"],
      ],
      undefined,
      { name: "kind" },
    ),
    h("textarea", {
      name: "payload",
      rows: 3,
      value: "Hello",
      spellcheck: false,
      "aria-label": "Payload",
    }),
  );
  form.querySelector("select").value = "1";
  const input = (name) => form.querySelector(`[name=${name}]`);

  async function build() {
    edits += 1;
    const mine = edits;
    try {
      const fields = {
        opcode: Number(input("opcode").value),
        compress: input("compress").checked,
        payload: payload(input("kind").value, input("payload").value),
      };
      for (const name of ["fin", "rsv1", "rsv2", "rsv3"]) fields[name] = input(name).checked;
      if (input("mask").checked) fields.maskingKey = key(input("key").value);
      const built = await ask("build", { fields });
      // Digits typed meanwhile are newer.
      if (mine !== edits) return;
      digits.value = hexes(built);
      show(built);
    } catch (error) {
      says.textContent = error.message;
    }
  }

  function decode() {
    edits += 1;
    try {
      show(octets(digits.value));
    } catch (error) {
      says.textContent = error.message;
    }
  }

  async function show(built) {
    bytes = built;
    says.textContent = "";
    let decoded;
    try {
      decoded = built.length && (await ask("decode", { bytes: built, options: { format: "raw" } }));
    } catch (error) {
      says.textContent = error.message;
    }
    if (bytes !== built) return;
    result.replaceChildren();
    if (!decoded) {
      says.textContent ||= "No frame in these bytes yet.";
      return;
    }
    const list = fieldsOf(decoded);
    const select = (id) => {
      markFigure(drawn, list.find((field) => field.id === id)?.level === 3 ? "payload" : id);
      markTree(branches, id);
    };
    const drawn = figure(list, select);
    const branches = tree(`${decoded.frame.opcodeName}, ${built.length} bytes`, list, [], select);
    const { violations, count } = decoded;
    result.append(
      drawn,
      h(
        "ul",
        { className: "wrong" },
        violations.map(({ line, rfc, section, offset }) =>
          h("li", {}, `Byte ${offset}: ${line} (RFC ${rfc} section ${section})`),
        ),
      ),
      branches,
    );
    says.textContent = [
      violations.length === 0 ? "An endpoint accepts this frame." : "",
      count > 1 ? `${count} frames; the first one is shown.` : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  const shown = dialog(
    "Build a frame",
    h(
      "div",
      { className: "builder" },
      form,
      h(
        "div",
        {},
        h("h3", {}, "Frame"),
        digits,
        h(
          "div",
          { className: "actions" },
          button("Copy hex", ({ target }) => copy(hexes(bytes), target)),
          button("Copy C array", ({ target }) => copy(array(bytes), target)),
          button(
            "Inspect",
            () => {
              shown.close();
              onInspect(bytes);
            },
            { className: "primary" },
          ),
        ),
        says,
      ),
    ),
    result,
  );
  shown.classList.add("wide");
  build();
}

function payload(kind, text) {
  if (kind === "hex") return octets(text);
  if (kind === "text") return text;
  const [, digits, reason] = /^\s*(\d*)\s*(.*)$/s.exec(text);
  const code = Number(digits);
  if (!digits || code > 0xffff)
    throw new Error("A close code is a number up to 65535; the reason stands behind it.");
  return Uint8Array.of(code >> 8, code & 0xff, ...new TextEncoder().encode(reason));
}

function key(text) {
  if (!/^[\da-f]{8}$/i.test(text)) throw new Error("A masking key has eight hexadecimal digits.");
  return Number.parseInt(text, 16);
}

function octets(text) {
  const digits = text.replace(/0x|[\s,:]/gi, "");
  if (!/^(?:[\da-f]{2})*$/i.test(digits)) throw new Error("Not pairs of hexadecimal digits.");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Bytes as an array of C. */
function array(bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 12)
    rows.push(
      `    ${Array.from(bytes.subarray(at, at + 12), (byte) => `0x${byte.toString(16).padStart(2, "0")},`).join(" ")}`,
    );
  return `const unsigned char frame[${bytes.length}] = {\n${rows.join("\n")}\n};\n`;
}
