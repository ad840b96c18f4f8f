// A link that has the traffic in its fragment: compressed, in base64url. A fragment is not sent to
// any server.

import { button, copy, dialog, h, number } from "./dom.js";
import { base64 } from "./har.js";

const MARK = "#v1.";
/** Letters of a link; some programs cut longer ones. */
const MAX_LINK = 32_000;
/** Bytes that are worth trying to fit. */
const MAX_INPUT = 2 << 20;

/** Shows a link to the traffic, or says why there is none. */
export async function showShare({ bytes, name, options }) {
  const link =
    bytes.length <= MAX_INPUT
      ? location.href.replace(/#.*/, "") + (await fragment(bytes, name, options))
      : "";
  if (!link || link.length > MAX_LINK) {
    const size = link
      ? `The link would have ${number(link.length)} letters`
      : `The input has ${number(bytes.length)} bytes`;
    dialog(
      "Share",
      h(
        "p",
        {},
        `${size}: too much for a link, which can have ${number(MAX_LINK)}. Send the file itself, or an export.`,
      ),
    );
    return;
  }
  const area = h("textarea", { readOnly: true, rows: 6, value: link, "aria-label": "Link" });
  dialog(
    "Share",
    h(
      "p",
      { className: "warning" },
      "The link holds all of this traffic: with it any password, token or cookie in it. Whoever has the link has these.",
    ),
    area,
    button("Copy link", ({ target }) => copy(link, target), { className: "primary" }),
  );
}

async function fragment(bytes, name, options) {
  const about = new TextEncoder().encode(`${JSON.stringify({ name, options })}\n`);
  const packed = await through(new CompressionStream("deflate-raw"), about, bytes);
  return MARK + base64(packed).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The traffic in this page's own link, if there is any. */
export async function shared() {
  if (!location.hash.startsWith(MARK)) return undefined;
  const text = location.hash.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/");
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const all = await through(new DecompressionStream("deflate-raw"), packed);
  const end = all.indexOf(10);
  const { name, options } = JSON.parse(new TextDecoder().decode(all.subarray(0, end)));
  return { name: String(name), options, bytes: all.slice(end + 1) };
}

async function through(transform, ...parts) {
  return new Uint8Array(
    await new Response(new Blob(parts).stream().pipeThrough(transform)).arrayBuffer(),
  );
}
