// HTTP archives of browsers, whose `_webSocketMessages` hold messages, not frames. They are JSON,
// which the engine leaves to those who have a reader of it: wasm/bindings/src/archive.rs takes what
// it has to know, item by item.

const encoder = new TextEncoder();

/** The item that says that this is no archive, and where. */
const DAMAGE = 8;

/** What an archive holds, as items. */
export function itemsOf(bytes) {
  const items = [];
  const put = (item, text, at = 0) => {
    const encoded = encoder.encode(text);
    items.push(new Uint8Array(Uint32Array.of(item, at, encoded.length).buffer), encoded);
  };
  let text;
  let archive;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    archive = JSON.parse(text);
  } catch {
    // Counted from the end: a byte order mark is not in the text.
    const rest = text?.slice(damageIn(text));
    put(DAMAGE, "", rest === undefined ? 0 : bytes.length - encoder.encode(rest).length);
  }
  const place = placeIn(bytes);
  for (const entry of listed(archive?.log?.entries)) putEntry(entry ?? {}, place, put);

  const all = new Uint8Array(items.reduce((sum, { length }) => sum + length, 0));
  items.reduce((at, item) => (all.set(item, at), at + item.length), 0);
  return all;
}

function putEntry({ request, response, _webSocketMessages }, place, put) {
  const messages = listed(_webSocketMessages);
  if (!messages.length) return;
  const [, host, target] = /^(?:.*?:\/\/)?([^/?#]*)([^#]*)/s.exec(request?.url ?? "");
  put(0, head(`GET ${target || "/"} HTTP/1.1`, request?.headers, "sec-websocket-key"));
  const status = response?.status ?? "";
  put(1, head(`HTTP/1.1 ${status}`, response?.headers, "sec-websocket-accept"));
  put(2, host);
  for (const message of messages) {
    const { type, time, opcode, data = "" } = message ?? {};
    const isBinary = opcode === 2;
    put(3, time ?? "");
    if (typeof data !== "string") put(DAMAGE, "");
    else put(4 + (type === "receive") + 2 * isBinary, data, isBinary ? place(data) : 0);
  }
}

/** A head with this first line; none, if the field is missing that tells that it was kept. */
function head(line, headers, kept) {
  const fields = listed(headers).map((field) => [`${field?.name ?? ""}`, field?.value ?? ""]);
  if (!fields.some(([name]) => name.toLowerCase() === kept)) return "";
  // Names of HTTP/2 are no fields.
  const written = fields.filter(([name]) => !name.startsWith(":"));
  return `${line}\r\n${written.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

function listed(value) {
  return Array.isArray(value) ? value : [];
}

const TOKEN = /\s+|[{}[\],:]|true|false|null|-?\d[\d.eE+-]*/y;

/**
 * Where something begins that is not of JSON, or where a text ends too early: browsers do not say.
 * What is of JSON and in the wrong place is not found; then it is the end.
 */
function damageIn(text) {
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    if (text[at] === '"') at = endOfString(text, at);
    else if (TOKEN.test(text)) at = TOKEN.lastIndex;
    else return at;
  }
}

function endOfString(text, start) {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === "\\") at++;
  }
  return text.length;
}

/**
 * Finds one string after the other in an archive. Where one is written with escapes, it and those
 * behind are where the last one was: to look for each in all of the archive would take too long.
 */
function placeIn(bytes) {
  let text;
  let at = 0;
  return (string) => {
    // A character a byte.
    text ??= new TextDecoder("latin1").decode(bytes);
    const found = text.indexOf(`"${string}"`, at);
    if (found < 0) text = "";
    else at = found + 1;
    return at;
  };
}
