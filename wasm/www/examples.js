// Traffic to try the page with, made when it is asked for.

import { ask } from "./calls.js";
import { pcapng } from "./pcapng.js";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/** When the examples happened. */
const START = Date.UTC(2026, 0, 1, 12);

const DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
const opening = (extra = "", chosen = extra) => [
  [
    0,
    "c",
    `GET /chat HTTP/1.1\r\nHost: board.example:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${extra}\r\n`,
  ],
  [
    12,
    "s",
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n${chosen}\r\n`,
  ],
];
const text = (payload) => ({ opcode: 1, payload });
/** A compressed text message of a context that goes on: what zlib made of it. */
const deflated = (data) => ({
  opcode: 1,
  rsv1: true,
  payload: Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)),
});
const close = (code, reason = "") => ({
  opcode: 8,
  payload: Uint8Array.of(code >> 8, code & 255, ...new TextEncoder().encode(reason)),
});

const CHAT = [
  ...opening(DEFLATE),
  [40, "c", deflated("qlYqqSxIVbJSysrPzFPSUSrKz89VslLKyU9KqlTSUcpLzAVJJqYkKtUCAA==")],
  [
    46,
    "s",
    deflated(
      "BMHBDYAgDEDRXf65E7CK8VCgMRigBvRAjLv73su9LiNweumWEYZ7I1A9xoXQtdkkbGhWhGNoMoRa+jPZvx8=",
    ),
  ],
  [
    1900,
    "c",
    deflated(
      "qoYpLU6sxFRZklpRomSl5JGak5Ovo5BZrFCSkaqQllmUW55YlKqQnwbmF6cm5+elKCTlJxalKKTlJBZnpKYoJOYUpSamVNor1QIA",
    ),
  ],
  [
    1907,
    "s",
    deflated(
      "dMsxCoAwDADAr4TMvqCLq9+IJqWF1EBSUBH/LoiOjjfc+f2g+rMxvbfL3jHhJKo2QA3oRSBXbxu5gOXHIYutDLORM2SlKMJA6kJ8jHjdAA==",
    ),
  ],
  [3000, "s", { opcode: 9, payload: "1" }],
  [3004, "c", { opcode: 10, payload: "1" }],
  [4200, "s", deflated("Is4+mCuhNnqWKGQW6ymEoBtfnFhZrJABcU5Jfr6eUi0A")],
  [6100, "c", deflated("IsqGkIzUPEzDMosV0hKLS1KLFEoyEvNglheXQKT1lGoBAA==")],
  [6108, "s", deflated("IsM7IRmpeZguzyxWSEssLkktUijJSMyD+bS4BCINtAkA")],
];

/**
 * The examples: a name, a line, and steps of a time, an end, what it sends, and how many bytes of
 * that are missing.
 *
 * @typedef {{ name: string, line: string, steps: any[][], ends?: { by: number, isReset?: boolean },
 *   endTime?: number }} Example
 * @type {Example[]}
 */
export const EXAMPLES = [
  {
    name: "A chat, compressed",
    line: "permessage-deflate with context takeover, a ping, a closing handshake",
    steps: [...CHAT, [8000, "c", close(1000, "bye")], [8003, "s", close(1000, "bye")]],
    ends: { by: 1 },
  },
  {
    name: "Thirteen violations",
    line: "lengths, bits, opcodes, fragments, masks and close codes that are not allowed",
    steps: [
      ...opening(),
      [30, "c", text("all is well so far")],
      [50, "c", { ...text("not masked"), unmasked: true }],
      [60, "s", { ...text("masked"), maskingKey: 0x37fa213d }],
      [70, "c", { ...text("a reserved bit"), rsv2: true }],
      [80, "s", { opcode: 3, payload: "a reserved opcode" }],
      [90, "c", { opcode: 9, fin: false, payload: "half a ping" }],
      [100, "s", { opcode: 9, payload: "a long ping ".repeat(11) }],
      [110, "s", Uint8Array.of(0x81, 126, 0, 5, ...new TextEncoder().encode("short"))],
      [
        120,
        "s",
        Uint8Array.of(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 5, ...new TextEncoder().encode("short")),
      ],
      [130, "c", { opcode: 0, payload: "a continuation of nothing" }],
      [140, "s", { ...text("a first fragment"), fin: false }],
      [150, "s", text("no continuation")],
      [160, "c", { opcode: 1, payload: Uint8Array.of(0x67, 0x72, 0xfc, 0xdf, 0x65) }],
      [170, "c", close(1005)],
      [180, "c", text("one more word")],
    ],
    ends: { by: 1, isReset: true },
  },
  {
    name: "Bytes missing",
    line: "a gap in a compressed conversation: what can be known, and what cannot",
    steps: CHAT.map(([time, from, what], at) => [time, from, what, at === 5 ? 40 : 0]),
  },
  {
    name: "Cut by a proxy",
    line: "a minute of silence, and no Close frame",
    steps: [
      ...opening(),
      [25, "c", text('{"subscribe":["temperature","humidity"],"every_s":600}')],
      [31, "s", text('{"subscribed":true}')],
      [32, "s", text('{"temperature":21.5,"humidity":48}')],
    ],
    ends: { by: 1 },
    endTime: 60_040,
  },
];

/**
 * Makes the capture of an example.
 *
 * @param {Example} example
 */
export async function make({ steps, ends, endTime }) {
  const next = [0, 0];
  const segments = [];
  for (const [at, [time, end, what, missing = 0]] of steps.entries()) {
    const from = end === "s" ? 1 : 0;
    const bytes = await bytesOf(what, from, at);
    segments.push({
      from,
      time: START + time,
      offset: next[from] + missing,
      bytes: bytes.subarray(missing),
    });
    next[from] += bytes.length;
  }
  const blocks = pcapng([
    {
      client: "192.0.2.10:49152",
      server: "192.0.2.80:80",
      segments,
      ends,
      endTime: endTime && START + endTime,
    },
  ]);
  return new Uint8Array(await new Blob(blocks).arrayBuffer());
}

async function bytesOf(what, from, at) {
  if (typeof what === "string") return new TextEncoder().encode(what);
  if (what instanceof Uint8Array) return what;
  const { unmasked, ...fields } = what;
  if (from === 0 && !unmasked) fields.maskingKey = Math.imul(at + 1, 0x9e3779b1) >>> 0;
  return ask("build", { fields });
}
