// The engine through its JavaScript, beside `socklet explain`, which runs it as machine code.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { constants, deflateRawSync } from "node:zlib";

import { InputError, load } from "../../../wasm/npm/dist/node.js";

const corpus = fileURLToPath(new URL("../corpus/", import.meta.url));
const command = process.env.SOCKLET;
const { inspect, build } = await load();
const text = (parts) => parts.map((part) => new TextDecoder().decode(part)).join("");

for (const name of readdirSync(corpus).filter((file) => file.endsWith(".pcap"))) {
  test(`${name}: the same as the command says, line by line`, () => {
    const inspection = inspect(readFileSync(corpus + name));
    const said = spawnSync(command, ["explain", "--json", corpus + name], { encoding: "utf8" });
    assert.equal(inspection.json(), said.stdout);

    // And the rows are what the lines say.
    const lines = said.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const ofType = (type) => lines.filter((line) => line.type === type);
    const [connection] = inspection.connections;
    assert.deepEqual(inspection.capture, lines[0]);
    assert.deepEqual(connection.about, ofType("connection")[0]);
    assert.deepEqual(connection.violations, ofType("violation"));
    assert.deepEqual(connection.ending, ofType("ending")[0]);
    const frames = [...connection.frames].map((frame) => ({
      connection: 0,
      frame: frame.number,
      from: frame.from,
      offset: frame.offset,
      file_offset: frame.fileOffset,
      opcode: frame.opcodeName,
      opcode_bits: frame.opcode,
      fin: frame.fin,
      rsv1: frame.rsv1,
      rsv2: frame.rsv2,
      rsv3: frame.rsv3,
      masking_key: frame.maskingKey?.toString(16).padStart(8, "0"),
      header_len: frame.headerLen,
      payload_len: frame.payloadLen,
      present_len: frame.presentLen === frame.payloadLen ? undefined : frame.presentLen,
      inflated_len: frame.inflatedLen,
      message: frame.message,
      verdict: frame.verdict ?? "ok",
    }));
    const expected = ofType("frame").map((line) => {
      const { type, time_ns, text, hex, parts, ...rest } = line;
      return { ...Object.fromEntries(Object.keys(frames[0]).map((key) => [key, undefined])), ...rest };
    });
    assert.deepEqual(frames, expected);
    for (const [number, line] of ofType("message").entries()) {
      const message = connection.messages.at(number);
      const parts = connection.message(number);
      assert.equal(message.len, line.len);
      assert.equal(message.firstFrame, line.first_frame);
      assert.equal(message.kind, line.kind);
      assert.equal(message.compressed, line.compressed);
      assert.equal(message.whole, line.whole);
      assert.equal(message.cut, line.cut);
      assert.equal(message.time, Number(line.time_ns) / 1e6);
      if (line.text !== undefined) assert.equal(text(parts), line.text);
      if (line.hex !== undefined) assert.equal(Buffer.concat(parts).toString("hex"), line.hex);
    }
    inspection.free();
  });
}

test("an HTTP archive: the same as the command says, whoever reads its JSON", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "socklet-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const field = (name, value) => ({ name, value });
  const key = field("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  const accept = field("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const open = [field("Connection", "Upgrade"), field("upgrade", "websocket")];
  const host = field("Host", "example.com");
  const kept = {
    request: {
      url: "wss://example.com/grün?x=1#part",
      headers: [field(":path", "/"), host, ...open, key, field("Sec-WebSocket-Version", "13")],
    },
    response: { status: 101, headers: [...open, accept] },
    _webSocketMessages: [
      { type: "send", time: 1700000000.1234567, opcode: 1, data: "gr\u00fcn \ud83e\udd80 \ud800 \0" },
      { type: "receive", time: 1700000001, opcode: 2, data: "AAEC/w==" },
      { type: "receive", time: 1700000001.5, opcode: 2, data: "" },
      { type: "send", opcode: 1, data: "when?" },
    ],
  };
  const bare = {
    request: { url: "ws://example.com?x", headers: [host] },
    response: { status: 101 },
    _webSocketMessages: [{ type: "receive", time: 0.1, opcode: 1, data: "x" }],
  };
  const other = { request: { url: "https://example.com/" }, response: { status: 200 } };
  const archive = (...entries) => JSON.stringify({ log: { version: "1.2", entries } });
  const inputs = {
    kept: archive(other, kept, bare),
    escaped: archive(kept).replaceAll("/", "\\/"),
    spaced: JSON.stringify(JSON.parse(archive(bare, kept)), undefined, 2),
    damaged: archive(kept).replace("AAEC/w==", "AAE*"),
    cut: archive(kept).slice(0, -1),
    broken: archive(kept).replace("101", "?"),
    none: archive(other),
    sparse: archive(null, { ...kept, request: null }, { ...bare, response: { headers: null } }, {
      ...kept,
      request: { ...kept.request, headers: [{}, { name: "Host" }, null, ...kept.request.headers] },
      _webSocketMessages: [{}, { time: null, data: "x" }],
    }),
    odd: '{"log":{"entries":{}}}',
    empty: '{"log":{}}',
  };
  for (const [name, input] of Object.entries(inputs)) {
    const path = join(dir, name);
    writeFileSync(path, input);
    const said = spawnSync(command, ["explain", "--json", path], { encoding: "utf8" });
    try {
      assert.equal(inspect(readFileSync(path)).json(), said.stdout);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      assert.equal(said.stdout, "");
      assert.match(said.stderr, new RegExp(`${error.message}.*\\b${error.offset}\\b`), name);
    }
  }
  const whole = Buffer.from(`${inputs.kept.slice(0, -1)},"x":"${"\\\\".repeat(99)}"}`);
  for (let len = 0; len < whole.length; len++) {
    const { offset } = unreadable(whole.subarray(0, len), { format: "har" });
    assert.ok(offset <= len, `cut after ${len} bytes: ${offset}`);
  }
  const longest = Buffer.from(`{"log":"${"\\n".repeat(4_000_000)}`);
  assert.equal(unreadable(longest, { format: "har" }).offset, longest.length);

  const { capture } = inspect(inputs.kept, { format: "har" });
  assert.deepEqual([capture.format, capture.guessed], ["har", false]);
});

/** The error of what cannot be read. */
function unreadable(input, options) {
  try {
    inspect(input, options);
  } catch (error) {
    assert.ok(error instanceof InputError, error);
    return error;
  }
  assert.fail("it was read");
}

test("what is built is inspected", () => {
  const masked = build({ opcode: 1, maskingKey: 0xfffefdfc, payload: "héllo", compress: true });
  const [connection] = inspect(masked, { format: "raw" }).connections;
  assert.equal(text(connection.message(0)), "héllo");
  assert.deepEqual(connection.wire(0), masked);
  assert.deepEqual(connection.stream("client"), masked);
  assert.equal(connection.frames.at(0).maskingKey, 0xfffefdfc);
  assert.deepEqual(connection.find("llo"), Uint32Array.of(0));
  assert.deepEqual(connection.find("lo "), Uint32Array.of());
  const odd = build({ opcode: 11, fin: false, rsv2: true, rsv3: true });
  assert.deepEqual(odd, Uint8Array.of(0x3b, 0));
});

test("an X-ray tells where each byte of a message comes from", () => {
  const said = "abcabcabcabc ".repeat(20) + "and what was not there before";
  const data = deflateRawSync(said, { finishFlush: constants.Z_SYNC_FLUSH });
  // Without the four bytes that RFC 7692 section 7.2.1 has removed.
  const frame = build({ opcode: 1, rsv1: true, payload: data.subarray(0, -4) });
  const [connection] = inspect(frame, { firstSender: "server" }).connections;
  const message = text(connection.message(0));
  assert.equal(message, said);
  const steps = connection.xray(0);
  let made = "";
  for (const { kind, at, len, distance } of steps.filter((step) => step.len)) {
    assert.equal(at, made.length);
    if (kind === "literal") made += message.slice(at, at + len);
    else for (let left = len; left > 0; left -= 1) made += made.at(-distance);
  }
  assert.equal(made, said);
  assert.ok(steps.some(({ kind, distance }) => kind === "match" && distance === 3));
  assert.ok(steps.every(({ bit }, number) => number === 0 || bit > steps[number - 1].bit));
});

test("what cannot be read says why and where", () => {
  assert.throws(() => inspect(""), (error) => error instanceof InputError && error.offset === 0);
  assert.throws(
    () => inspect("81 8", { format: "hex" }),
    (error) => error instanceof InputError && error.offset === 3 && /hexadecimal/.test(error.message),
  );
});

test("arguments out of their range are refused", () => {
  for (const fields of [{ opcode: 16 }, { opcode: -1 }, { opcode: 1.5 }, {}]) {
    assert.throws(() => build(fields), RangeError);
  }
  for (const maskingKey of [-1, 2 ** 32, 0.5, "1"]) {
    assert.throws(() => build({ opcode: 1, maskingKey }), RangeError);
  }
  assert.throws(() => inspect("8100", { format: "hexx" }), RangeError);
  assert.throws(() => inspect("8100", { firstSender: "nobody" }), RangeError);
  const [connection] = inspect("8100").connections;
  assert.throws(() => connection.frames.at(1), RangeError);
  assert.throws(() => connection.messages.at(-1), RangeError);
  assert.deepEqual(connection.message(7), []);
  assert.deepEqual(connection.payload(7), []);
});

test("a message that inflates to more than the limit is cut", () => {
  const frame = build({ opcode: 2, compress: true, payload: new Uint8Array(100_000) });
  const options = { firstSender: "server", inflateLimit: 1000 };
  const [connection] = inspect(frame, options).connections;
  assert.equal(connection.messages.at(0).cut, "inflates to more than the limit");
  assert.ok(connection.messages.at(0).len <= 1000);
});

test("inspections come and go without an end to memory", () => {
  const capture = readFileSync(`${corpus}ws-websockets-plain.pcap`);
  for (let round = 0; round < 2000; round += 1) inspect(capture).free();
});
