// An HTTP archive of connections, with messages as Chromium writes them.

const latin1 = new TextDecoder("latin1");

/** Writes connections: of each the names, the two `streams` and the `messages`. */
export function har(connections) {
  const entries = connections.map(entry);
  return JSON.stringify(
    { log: { version: "1.2", creator: { name: "socklet inspector", version: "1" }, entries } },
    undefined,
    1,
  );
}

function entry({ about, streams, messages }) {
  const [request, response] = streams.map((stream) =>
    head(about.handshake ? stream : new Uint8Array()),
  );
  const host =
    request.headers.find(({ name }) => name.toLowerCase() === "host")?.value ?? "unknown.invalid";
  const start = messages.find(({ time }) => time !== undefined)?.time ?? 0;
  const none = { cookies: [], headersSize: -1, bodySize: -1 };
  return {
    _resourceType: "websocket",
    startedDateTime: new Date(start).toISOString(),
    time: 0,
    request: {
      method: "GET",
      url: `ws://${host}${about.target ?? "/"}`,
      httpVersion: "HTTP/1.1",
      headers: request.headers,
      queryString: [],
      ...none,
    },
    response: {
      status: about.status ?? 101,
      statusText: "Switching Protocols",
      httpVersion: "HTTP/1.1",
      headers: response.headers,
      content: { size: 0, mimeType: "x-unknown" },
      redirectURL: "",
      ...none,
    },
    cache: {},
    timings: { send: 0, wait: 0, receive: 0 },
    _webSocketMessages: messages.filter(isHeld).map(({ from, time, kind, bytes }) => ({
      type: from === "client" ? "send" : "receive",
      time: (time ?? 0) / 1000,
      opcode: kind === "text" ? 1 : 2,
      data: kind === "text" ? new TextDecoder().decode(bytes) : base64(bytes),
    })),
  };
}

/** Whether an archive can hold a message: all of it is known. */
const isHeld = ({ whole, unknown, cut }) => whole && !cut && unknown.length === 0;

/** The header fields of a handshake. */
function head(stream) {
  const text = latin1.decode(stream.subarray(0, 1 << 16));
  const lines = text
    .slice(0, Math.max(0, text.indexOf("\r\n\r\n")))
    .split("\r\n")
    .slice(1);
  return {
    headers: lines
      .map((line) => /^([^:]*):\s*(.*)$/.exec(line))
      .filter(Boolean)
      .map(([, name, value]) => ({ name, value })),
  };
}

/** Bytes in base64. */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
