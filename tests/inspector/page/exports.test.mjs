// What is saved, read again by the engine: the same was said.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  bothBuilds,
  capture,
  captured,
  engine,
  hex,
  messages,
  oneBuild,
  openFile,
  saved,
} from "./page.mjs";

const CAPTURE = "ws-websockets-deflate.pcap";
/** All of what a writer may hold, in captures of which each is hard in its own way. */
const CAPTURES = [
  CAPTURE,
  "ws-websockets-plain.pcap",
  "ws-websockets-gap.pcap",
  "websockets-ws-bits.pcap",
  "ws-websockets-killed.pcap",
  "chromium-ws-deflate.pcap",
  "ws-ws-closed-by-server.pcap",
];

async function exported(page, name) {
  await page.click("#export");
  const file = await saved(page, page.getByRole("button", { name: `Save ${name}` }));
  await page.keyboard.press("Escape");
  return file;
}

/** What an inspection says, but for where the input was read from. */
function lines(bytes) {
  const inspection = engine.inspect(bytes);
  try {
    return inspection
      .json()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  } finally {
    inspection.free();
  }
}

bothBuilds("JSON lines are those of the engine", async (page) => {
  await openFile(page, capture(CAPTURE));
  const { name, bytes } = await exported(page, "jsonl");
  assert.equal(name, "ws-websockets-deflate.jsonl");
  assert.deepEqual(
    bytes
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    lines(await captured(CAPTURE)),
  );
});

for (const each of CAPTURES) {
  oneBuild(`${each} as pcapng says the same, frame by frame`, async (page) => {
    await openFile(page, capture(each));
    const { bytes } = await exported(page, "pcapng");
    const [first, again] = [await captured(each), bytes].map((input) =>
      lines(input)
        .slice(1)
        .map(({ file_offset: _, time_ns: time, idle_ns: __, ...line }) => ({
          ...line,
          time: time?.slice(0, -3),
        })),
    );
    assert.deepEqual(again, first);
  });
}

oneBuild("tshark reads the pcapng, and sees the same frames", async (page, t) => {
  await openFile(page, capture(CAPTURE));
  const { bytes } = await exported(page, "pcapng");
  const directory = mkdtempSync(join(tmpdir(), "socklet-page-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "again.pcapng");
  writeFileSync(path, bytes);
  const opcodes = (file) =>
    execFileSync(
      "tshark",
      [
        "-r",
        file,
        "-o",
        "tcp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
        "-T",
        "fields",
        "-e",
        "websocket.opcode",
        "-e",
        "tcp.checksum.status",
        "-Y",
        "websocket",
        "-E",
        "occurrence=a",
      ],
      { encoding: "utf8" },
    );
  const seen = opcodes(path)
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  const expected = lines(bytes)
    .filter(({ type }) => type === "frame")
    .map(({ opcode_bits: opcode }) => opcode);
  assert.deepEqual(seen.flatMap(([found]) => found.split(",").map(Number)).sort(), expected.sort());
  // 1 is a checksum that is right.
  assert.ok(seen.every(([, status]) => status.split(",").every((each) => each === "1")));
});

oneBuild("a HAR has the messages, and is read again", async (page) => {
  await openFile(page, capture(CAPTURE));
  const { bytes } = await exported(page, "har");
  const [entry] = JSON.parse(bytes).log.entries;
  assert.equal(entry.response.status, 101);
  assert.deepEqual(messages(bytes), messages(await captured(CAPTURE)));
});

oneBuild("a HAR becomes a pcapng with frames that are built", async (page) => {
  await openFile(page, capture(CAPTURE));
  const har = await exported(page, "har");
  await openFile(page, { name: "again.har", mimeType: "application/json", buffer: har.bytes });
  await page.waitForSelector("text=again.har");
  const { bytes } = await exported(page, "pcapng");
  assert.deepEqual(messages(bytes), messages(har.bytes));
});

oneBuild("a dump has both directions", async (page) => {
  await openFile(page, capture(CAPTURE));
  const { bytes } = await exported(page, "hex.txt");
  assert.match(bytes.toString(), /^00000000 {2}47 45 54 20/);
  assert.deepEqual(messages(bytes), messages(await captured(CAPTURE)));
});

oneBuild("raw streams are what each end sent", async (page) => {
  await openFile(page, capture(CAPTURE));
  const inspection = engine.inspect(await captured(CAPTURE));
  for (const from of ["client", "server"]) {
    const { bytes } = await exported(page, `${from}.bin`);
    assert.equal(hex(bytes), hex(inspection.connections[0].stream(from)));
  }
  inspection.free();
});

oneBuild("a message of which the beginning is shown is saved whole", async (page) => {
  const payload = "0123456789abcde\n".repeat(100_000);
  const frame = Buffer.from(engine.build({ opcode: 1, payload }));
  await openFile(page, { name: "long.bin", mimeType: "application/octet-stream", buffer: frame });
  assert.match(await page.locator("#bytes").innerText(), /the first 1,048,576 of them shown/);
  const save = page.locator("#bytes").getByRole("button", { name: "Save" });
  const { name, bytes } = await saved(page, save);
  assert.equal(name, "message-0.txt");
  assert.ok(bytes.equals(Buffer.from(payload)));
});
