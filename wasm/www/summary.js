// What there is to say about a connection as a whole: how it opened, how it ended, what is wrong.

import { button, count, h, number, roving, span } from "./dom.js";

const deflateLine = ({ window_bits: bits, context_takeover: takeover }) =>
  `window of ${bits} bits, context ${takeover ? "kept" : "not kept"} between messages`;

/** The opening handshake, judged. */
export function handshakeCard(about) {
  const accept =
    about.accept &&
    (about.accept === about.accept_expected
      ? `${about.accept}: as the key demands`
      : `${about.accept}, expected ${about.accept_expected}`);
  const rows = [
    ["Client", about.client],
    ["Server", about.server],
    ["Target", about.target],
    ["Status", about.status],
    ["Accept", accept],
    ["Subprotocol", about.subprotocol ?? (about.subprotocols_offered && "none chosen")],
    ["Offered", about.subprotocols_offered?.join(", ")],
    ["Extensions", about.extensions],
    ["Offered", about.extensions_offered],
    ["Client sends", about.client_deflate && deflateLine(about.client_deflate)],
    ["Server sends", about.server_deflate && deflateLine(about.server_deflate)],
  ].filter(([, value]) => value !== undefined);
  return card(
    "Opening handshake",
    about.handshake ? undefined : h("p", {}, "Not in this input."),
    rows.length > 0 &&
      h(
        "dl",
        {},
        rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]),
      ),
    lines(about.explained ?? []),
    about.inferred.length > 0 &&
      lines(
        about.inferred.map((line) => `Inferred: ${line}.`),
        "inferred",
      ),
  );
}

/** How it ended, and what is missing. */
export function endingCard({ ending, about }, capture) {
  const sides = ["client", "server"].flatMap((name) =>
    ending[name] ? [`${name}: ${sideLine(ending[name])}`] : [],
  );
  const gaps = ["client", "server"].flatMap((name) =>
    about[`${name}_gaps`]
      .slice(0, 5)
      .map(
        ({ offset, len }) =>
          `${count(len, "byte")} of the ${name} missing at byte ${number(offset)}`,
      ),
  );
  const idle =
    ending.idle_ns?.length > 9 &&
    `${span(Number(ending.idle_ns) / 1e6)} of silence before the end${ending.proxy_timeout_s ? `: this looks like the ${ending.proxy_timeout_s} s time-out of a proxy in between` : ""}`;
  return card(
    "Ending",
    h("p", { className: "lead" }, sentence(ending.line)),
    lines([...sides, idle, ...gaps, ...capture.notes].filter(Boolean).map(sentence)),
    capture.damage &&
      h(
        "p",
        { className: "bad" },
        `Damaged at byte ${number(capture.damage.offset)}: ${capture.damage.line}.`,
      ),
  );
}

function sideLine({ code, meaning, reason, ends, missing_len: missing, close_frame: close }) {
  return [
    close !== undefined &&
      (code === undefined
        ? "Close without a code"
        : `Close ${code}, ${meaning}${reason ? `, “${reason}”` : ""}`),
    ends && `its bytes end ${ends}${missing ? `, ${count(missing, "byte")} missing` : ""}`,
  ]
    .filter(Boolean)
    .join("; ");
}

/** Everything that is wrong; `onSelect` is told the violation that is pressed. */
export function violationsCard({ about, violations, violationCount }, onSelect) {
  if (violationCount === 0) {
    const isWhole = about.client_gaps.length + about.server_gaps.length === 0;
    return card(
      "Violations",
      h(
        "p",
        { className: "good" },
        isWhole ? "None: an endpoint accepts all of this." : "None in what is there.",
      ),
    );
  }
  const list = h(
    "ol",
    { className: "violations" },
    violations.map((violation) =>
      h(
        "li",
        {},
        button("", () => onSelect(violation), { className: "violation", tabIndex: -1 }),
      ),
    ),
  );
  violations.forEach((violation, at) =>
    list.children[at].firstChild.append(...violationParts(violation)),
  );
  list.querySelector("button").tabIndex = 0;
  roving(list, "button");
  const more = violationCount - violations.length;
  return card(
    `Violations: ${number(violationCount)}`,
    list,
    more > 0 &&
      h("p", { className: "note" }, `${number(more)} more: see the table, problems only.`),
  );
}

function violationParts({
  line,
  rfc,
  section,
  from,
  offset,
  frame,
  fails_connection: fails,
  close_code: code,
}) {
  const where = `${frame === undefined ? "Handshake" : `Frame ${frame}`}, byte ${number(offset)} of the ${from}`;
  const result = fails ? `; fails the connection${code ? ` with ${code}` : ""}` : "";
  return [
    h("span", {}, sentence(line)),
    h("span", { className: "note" }, `${where}; RFC ${rfc} section ${section}${result}`),
  ];
}

const sentence = (line) => line[0].toUpperCase() + line.slice(1);

const lines = (texts, className = "") =>
  texts.length > 0 &&
  h(
    "ul",
    { className },
    texts.map((text) => h("li", {}, text)),
  );

const card = (title, ...children) =>
  h(
    "section",
    { className: "card" },
    h("h2", {}, title),
    h(
      "div",
      { className: "inside", tabIndex: 0, role: "region", "aria-label": title },
      ...children,
    ),
  );
