// A message's payload to be read: as text, or as JSON with a line for each value.

import { h, number } from "./dom.js";

/** Letters that are shown; a browser is slow with more. */
const SHOWN = 100_000;

/** Whether text is JSON of more than one value. */
export function isJson(text) {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Lays out JSON. Its tokens stay as they are: numbers keep their digits, names their order. */
export function layOut(json) {
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  tokens.forEach((token, at) => {
    const closes = token === "]" || token === "}";
    if (closes) depth -= 1;
    const before = tokens[at - 1];
    const isEmpty = closes && (before === "[" || before === "{");
    if (!isEmpty && (closes || before === "[" || before === "{" || before === ",")) out += line();
    out += token === ":" ? ": " : token;
    if (token === "[" || token === "{") depth += 1;
  });
  // A line before the first token is none.
  return out.trimStart();
}

/** Text with what is unknown in it marked as such. */
export function textElement({ bytes, unknown, len }, lay = (text) => text) {
  const element = h("pre", { className: "text", tabIndex: 0, "aria-label": "Message as text" });
  let at = 0;
  for (const [start, end] of [...unknown, [bytes.length, bytes.length]]) {
    if (start > at)
      element.append(lay(new TextDecoder().decode(bytes.subarray(at, start))).slice(0, SHOWN));
    if (end > start) element.append(h("mark", {}, `${number(end - start)} unknown bytes`));
    at = end;
  }
  if (len > SHOWN)
    element.append(h("mark", {}, "The beginning of it; save the message to have the rest."));
  return element;
}
