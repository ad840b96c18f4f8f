// The ways in, and what is said of what comes in by them.

import assert from "node:assert/strict";

import {
  bothBuilds,
  capture,
  oneBuild,
  openExample,
  opened,
  openFile,
  paste,
  selectFrame,
} from "./page.mjs";

const rows = (page) => page.locator("#table .rows [role=row]");
const summary = (page) => page.locator("#summary").innerText();

bothBuilds("an example is one click away, and there is a way back", async (page) => {
  await openExample(page, /A chat, compressed/);
  assert.equal(await rows(page).count(), 11);
  const said = await summary(page);
  assert.match(said, /as the key demands/);
  assert.match(said, /Closed by the client, answered by the server/);
  assert.match(said, /an endpoint accepts all of this/);
  await page.click("#home");
  await page.waitForSelector("#start:not([hidden])");
});

bothBuilds("a capture is recognised and shown", async (page) => {
  await openFile(page, capture("websockets-ws-bits.pcap"));
  assert.match(await page.locator("#reading").innerText(), /pcap \(recognised\)/);
  assert.match(await summary(page), /window of 9 bits/);
  assert.match(await page.locator("#filters").innerText(), /\d+ frames/);
});

bothBuilds("hexadecimal digits are pasted", async (page) => {
  await paste(page, "81 85 37 fa 21 3d 7f 9f 4d 51 58");
  await opened(page);
  assert.match(await page.locator("#row-0").innerText(), /client[\s\S]*text[\s\S]*Hello/);
  assert.match(await summary(page), /Inferred/);
});

bothBuilds("the messages of a HAR are shown, without frames", async (page) => {
  await openFile(page, { name: "chat.har", mimeType: "application/json", buffer: har() });
  assert.match(await page.locator("#filters").innerText(), /3 messages/);
  assert.match(await page.locator("#detail").innerText(), /messages only/);
  await page.click("#row-2");
  await page.waitForSelector("[aria-label=Message][role=grid]");
});

oneBuild("every example can be read, and says what its name says", async (page) => {
  for (const [name, expected] of [
    [/Thirteen violations/, /Violations: 13/],
    [/Bytes missing/, /40 bytes of the server missing/],
    [/Cut by a proxy/, /the 60 s time-out of a proxy/],
  ]) {
    await page.click("#home");
    await openExample(page, name);
    assert.match(await summary(page), expected);
  }
});

oneBuild("text pasted anywhere, and a file dropped anywhere, are opened", async (page) => {
  await page.evaluate(() => {
    document.activeElement.blur();
    const data = new DataTransfer();
    data.setData("text/plain", "820301 0203");
    document.body.dispatchEvent(
      new ClipboardEvent("paste", { clipboardData: data, bubbles: true }),
    );
  });
  await opened(page);
  assert.match(await page.locator("#row-0").innerText(), /binary/);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.of(0x89, 1, 0x31)], "ping.bin"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
  });
  await page.waitForSelector("text=ping.bin");
  await page.waitForFunction(() => document.querySelector("#row-0")?.innerText.includes("ping"));
});

oneBuild("traffic is pasted into the dialog", async (page) => {
  await page.click("#paste");
  await page.getByRole("textbox", { name: "Traffic" }).fill("8105 48656c6c6f");
  await page.locator("dialog").getByRole("button", { name: "Inspect" }).click();
  await opened(page);
  assert.equal(await page.locator("dialog").count(), 0);
});

oneBuild("what cannot be read says so, and leaves what was open", async (page) => {
  await openExample(page, /A chat/);
  await openFile(page, { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from('{"log":') });
  await page.waitForSelector("#error:not([hidden])");
  assert.match(await page.locator("#error").innerText(), /cannot be read/);
  await selectFrame(page, 10);
  assert.match(await page.locator("#detail").innerText(), /bye/);
  assert.equal(await rows(page).count(), 11);
});

oneBuild("the format, the sender and the compression can be told", async (page) => {
  await paste(page, "c1 07 f2 48 cd c9 c9 07 00");
  await opened(page);
  const from = () => page.locator("#row-0 .c-from").innerText();
  assert.equal(await from(), "server");
  await page.getByLabel("First sender").selectOption("client");
  await page.waitForFunction(
    () => document.querySelector("#row-0 .c-from")?.innerText === "client",
  );
  await page.getByLabel("Compression").selectOption("false");
  await page.waitForFunction(() =>
    document.querySelector("#row-0")?.innerText.includes("reserved-bits"),
  );
  await page.getByLabel("Format").selectOption("raw");
  await page.waitForFunction(
    () =>
      !document.querySelector("#row-0")?.innerText.includes("reserved-bits") ||
      document.querySelector("#reading select").value === "raw",
  );
  assert.equal(await page.getByLabel("First sender").inputValue(), "client");
});

oneBuild(
  "where a worker is refused the page does the work itself",
  async (page) => {
    await openExample(page, /A chat/);
    assert.equal(await rows(page).count(), 11);
  },
  {
    prepare: () => {
      globalThis.Worker = class {
        constructor() {
          throw new Error("refused");
        }
      };
    },
  },
);

/** What Chromium writes, shortened. */
function har() {
  const frames = [
    { type: "send", time: 1767268800.1, opcode: 1, data: "Hello" },
    { type: "receive", time: 1767268800.2, opcode: 1, data: '{"a":[1,2]}' },
    { type: "receive", time: 1767268800.3, opcode: 2, data: "AAEC/w==" },
  ];
  const request = {
    method: "GET",
    url: "wss://example.com/chat",
    httpVersion: "HTTP/1.1",
    headers: [{ name: "Host", value: "example.com" }],
  };
  const response = { status: 101, statusText: "", httpVersion: "HTTP/1.1", headers: [] };
  return Buffer.from(
    JSON.stringify({
      log: { version: "1.2", entries: [{ request, response, _webSocketMessages: frames }] },
    }),
  );
}
