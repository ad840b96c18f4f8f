// The builder, and links.

import assert from "node:assert/strict";

import { bothBuilds, engine, hex, oneBuild, openExample, opened, paste } from "./page.mjs";

const frame = (page) => page.getByRole("textbox", { name: "Frame in hexadecimal digits" });
const becomes = (page, digits) =>
  page.waitForFunction(
    (wanted) =>
      document.querySelector("dialog .builder textarea.mono").value.replaceAll(" ", "") === wanted,
    digits,
  );

async function builder(page) {
  await page.click("#build");
  await becomes(page, "818537fa213d7f9f4d5158");
  return page.getByRole("dialog", { name: "Build a frame" });
}

bothBuilds("a frame is built of fields, and its digits are taken apart again", async (page) => {
  const dialog = await builder(page);
  await dialog.getByLabel("Opcode", { exact: true }).selectOption("2");
  await becomes(page, "828537fa213d7f9f4d5158");
  await dialog.getByLabel("Mask", { exact: true }).uncheck();
  await becomes(page, "820548656c6c6f");
  await dialog.getByLabel("Compress").check();
  await becomes(page, hex(engine.build({ opcode: 2, compress: true, payload: "Hello" })));
  await dialog.getByLabel("Payload is").selectOption("close");
  await dialog.getByLabel("Compress").uncheck();
  await dialog.getByLabel("Opcode", { exact: true }).selectOption("8");
  await dialog.getByRole("textbox", { name: "Payload", exact: true }).fill("1005 bye");
  await becomes(page, "880503ed627965");
  await dialog.getByText("a close code that must not be on the wire").waitFor();

  await frame(page).fill("89 00");
  await dialog.getByText("An endpoint accepts this frame.").waitFor();
  await dialog.getByRole("treeitem", { name: /^ping/ }).waitFor();
  await frame(page).fill("89 0");
  await dialog.getByText("Not pairs of hexadecimal digits.").waitFor();
  await dialog.getByLabel("FIN").uncheck();
  await dialog.getByLabel("FIN").check();
  await becomes(page, "880503ed627965");
  await dialog.getByRole("button", { name: "Inspect" }).click();
  await opened(page);
  assert.match(await page.locator("#summary").innerText(), /Violations: 1/);
});

oneBuild(
  "digits and an array are copied",
  async (page) => {
    const dialog = await builder(page);
    const copied = () => page.evaluate(() => globalThis.copied);
    await dialog.getByRole("button", { name: "Copy C array" }).click();
    await dialog.getByText("Copied").waitFor();
    assert.match(await copied(), /^const unsigned char frame\[11\] = \{\n {4}0x81, 0x85, 0x37,/);
    // The array is one of the inputs.
    const inspection = engine.inspect(await copied());
    assert.equal(inspection.capture.format, "array");
    assert.equal(inspection.connections[0].messages.length, 1);
    inspection.free();
  },
  {
    prepare: () => {
      Object.defineProperty(navigator, "clipboard", {
        value: {
          writeText: async (text) => {
            globalThis.copied = text;
          },
        },
      });
    },
  },
);

bothBuilds("a link holds the traffic, and warns of what else may be in it", async (page) => {
  await openExample(page, /A chat/);
  await page.getByLabel("Compression").selectOption("true");
  await opened(page);
  await page.click("#share");
  const dialog = page.getByRole("dialog", { name: "Share" });
  assert.match(await dialog.innerText(), /password, token or cookie/);
  const link = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  await page.goto("about:blank");
  await page.goto(link);
  await opened(page);
  assert.equal(await page.locator("#table .rows [role=row]").count(), 11);
  assert.match(await page.locator("#reading").innerText(), /A chat, compressed/);
  assert.equal(await page.getByLabel("Compression").inputValue(), "true");
});

oneBuild("a link that would be too long is refused", async (page) => {
  let state = 1;
  const noise = Array.from({ length: 40_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 24).toString(16).padStart(2, "0");
  }).join("");
  await paste(page, `827e9c40${noise}`);
  await opened(page);
  await page.click("#share");
  await page
    .getByRole("dialog", { name: "Share" })
    .getByText(/too much for a link/)
    .waitFor();
});

oneBuild(
  "a damaged link says so",
  async (page) => {
    await page.waitForSelector("#error:not([hidden])");
    assert.match(await page.locator("#error").innerText(), /link is damaged/);
  },
  { hash: "#v1.AAAA" },
);
