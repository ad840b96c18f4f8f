// Exports, and what each of them cannot hold.

import { ask } from "./calls.js";
import { button, dialog, download, h, hex } from "./dom.js";
import { har } from "./har.js";
import { pcapng } from "./pcapng.js";
import { segments } from "./segments.js";

/** Shows what can be saved of the traffic. */
export function showExports(traffic) {
  const base = traffic.name.replace(/\.\w+$/, "") || "traffic";
  const save = (name, type, make) =>
    button(
      "Save",
      async ({ target }) => {
        target.disabled = true;
        try {
          download(`${base}.${name}`, type, ...(await make()));
        } catch (error) {
          target.after(error.message);
        } finally {
          target.disabled = false;
        }
      },
      { "aria-label": `Save ${name}` },
    );
  const formats = [
    [
      "JSON lines",
      "Everything that is known, one object a line; schema socklet-inspect/1.",
      save("jsonl", "application/x-ndjson", async () => [await ask("json")]),
    ],
    [
      "pcapng",
      "Ethernet, IPv4 and TCP made anew around the bytes, for Wireshark and others. Gaps stay gaps; addresses that are not IPv4 become 192.0.2.1 and 192.0.2.2; packet bounds, retransmissions and times finer than a microsecond are lost.",
      save("pcapng", "application/octet-stream", async () => pcapng(await packetsOf(traffic))),
    ],
    [
      "HAR",
      "Whole messages as browsers record them. It cannot hold frames, fragments, masking keys, control frames, compression, gaps, violations, nor text that is not UTF-8.",
      save("har", "application/json", async () => [har(await messagesOf(traffic))]),
    ],
    [
      "Hex",
      "Both directions of the chosen connection as a dump, the server indented, as Wireshark follows a stream. It cannot hold times; bytes that are missing are left out.",
      save("hex.txt", "text/plain", async () =>
        dump(await connectionSegments(traffic, traffic.connection)),
      ),
    ],
    [
      "Raw, client",
      "What the client sent, byte for byte. No times, no gaps, no other direction.",
      save("client.bin", "application/octet-stream", async () => [
        await ask("stream", { connection: traffic.connection, from: "client" }),
      ]),
    ],
    [
      "Raw, server",
      "What the server sent.",
      save("server.bin", "application/octet-stream", async () => [
        await ask("stream", { connection: traffic.connection, from: "server" }),
      ]),
    ],
  ];
  dialog(
    "Export",
    h(
      "div",
      { className: "exports" },
      formats.map(([name, line, saves]) =>
        h("div", {}, h("div", {}, h("h3", {}, name), h("p", { className: "note" }, line)), saves),
      ),
    ),
  );
}

/** The segments of a connection; of one without frames, frames are built. */
async function connectionSegments({ result }, connection) {
  const { about, isMessages } = result.connections[connection];
  const rows = await ask("columns", { connection });
  const streams = await streamsOf(connection);
  const found = segments(rows, streams, [about.client_gaps, about.server_gaps]);
  if (!isMessages) return found;
  const next = streams.map((stream) => stream.length);
  for (const { from, kind, time, bytes } of await ask("messages", { connection })) {
    const at = from === "server" ? 1 : 0;
    const maskingKey = at ? undefined : crypto.getRandomValues(new Uint32Array(1))[0];
    const frame = await ask("build", {
      fields: { opcode: kind === "text" ? 1 : 2, maskingKey, payload: bytes },
    });
    found.push({ from: at, time: time ?? NaN, offset: next[at], bytes: frame });
    next[at] += frame.length;
  }
  return found;
}

const streamsOf = (connection) =>
  Promise.all(["client", "server"].map((from) => ask("stream", { connection, from })));

async function packetsOf(traffic) {
  return Promise.all(
    traffic.result.connections.map(async ({ about, ending }, connection) => {
      const found = await connectionSegments(traffic, connection);
      const last = found.at(-1)?.time;
      return {
        client: about.client,
        server: about.server,
        segments: found,
        ends: ending.by && {
          by: ending.by === "server" ? 1 : 0,
          isReset: ending.verdict === "reset",
        },
        endTime: ending.idle_ns && last ? last + Number(ending.idle_ns) / 1e6 : undefined,
      };
    }),
  );
}

const messagesOf = ({ result }) =>
  Promise.all(
    result.connections.map(async ({ about }, connection) => ({
      about,
      streams: await streamsOf(connection),
      messages: await ask("messages", { connection }),
    })),
  );

/** Lines of 16 bytes; offsets are counted for each end by itself. */
function dump(found) {
  const next = [0, 0];
  const lines = [];
  for (const { from, bytes } of found) {
    for (let at = 0; at < bytes.length; at += 16) {
      const row = bytes.subarray(at, at + 16);
      const digits = Array.from(row, hex).join(" ").padEnd(47);
      const letters = Array.from(row, (byte) =>
        byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
      ).join("");
      lines.push(
        `${from ? "    " : ""}${next[from].toString(16).padStart(8, "0")}  ${digits}   ${letters}\n`,
      );
      next[from] += row.length;
    }
  }
  return lines;
}
