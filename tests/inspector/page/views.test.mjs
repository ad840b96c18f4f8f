// What is shown, and that a selection in one place is a selection in all.

import assert from "node:assert/strict";

import { bothBuilds, capture, oneBuild, openExample, openFile, selectFrame } from "./page.mjs";
import { manyFrames } from "./many.mjs";

const focused = (page) =>
  page.evaluate(
    () => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent,
  );
const pressed = (page) => page.locator("#detail .figure [aria-pressed=true]").first().textContent();
const field = (page) =>
  page.locator("#detail [role=treeitem][aria-selected=true] .name").innerText();
const marked = (page, label) =>
  page.getByRole("grid", { name: label, exact: true }).locator(".digits .marked").allInnerTexts();

bothBuilds("bytes, fields and figure are linked", async (page) => {
  await openExample(page, /Cut by a proxy/);
  const wire = page.getByRole("grid", { name: "On the wire" });
  await wire.locator("[role=gridcell]").nth(3).click();
  assert.match(await pressed(page), /^masking key /);
  assert.equal(await field(page), "Masking key");
  await page.getByRole("button", { name: "opcode 1 text" }).click();
  assert.equal(await field(page), "Opcode");
  assert.deepEqual(await marked(page, "On the wire"), ["81"]);
  await page.getByRole("treeitem", { name: /^Payload length/ }).click();
  assert.match(await pressed(page), /^payload len 54/);
  assert.deepEqual(await marked(page, "On the wire"), ["b6"]);
  await page
    .getByRole("grid", { name: "Payload, unmasked" })
    .locator("[role=gridcell]")
    .first()
    .click();
  assert.equal((await marked(page, "On the wire")).length, 1);
  assert.match(
    await page.locator("#bytes .status").innerText(),
    /payload byte 0: .. XOR key .. = 7b/,
  );
});

oneBuild("the X-ray tells copies from literals, and where they stand compressed", async (page) => {
  await openExample(page, /A chat/);
  await selectFrame(page, 3);
  const inflated = page.getByRole("grid", { name: "Inflated" });
  await inflated.locator("[data-at='20'][role=gridcell]").click();
  assert.match(
    await page.locator("#bytes .status").innerText(),
    /copy of 23 bytes from 62 back, \d+ bytes before this message/,
  );
  assert.ok((await marked(page, "On the wire")).length > 0);
  assert.equal((await marked(page, "Inflated")).length, 23);
  assert.match(await page.locator("#bytes").innerText(), /dynamic block[\s\S]*back-reference/);
});

oneBuild("JSON is laid out, and can be had as it was", async (page) => {
  await openExample(page, /Cut by a proxy/);
  const text = page.getByLabel("Message as text");
  assert.match(await text.innerText(), /^\{\n {2}"subscribe": \[\n {4}"temperature",/);
  await page.getByRole("button", { name: "Text", exact: true }).click();
  assert.match(await text.innerText(), /^\{"subscribe":\["temperature"/);
});

oneBuild("a violation leads to its frame, its field and its byte", async (page) => {
  await openExample(page, /Thirteen violations/);
  await page.getByRole("button", { name: /An opcode that is reserved/ }).click();
  await page.waitForSelector("text=/^Frame 4 of/");
  await page.waitForFunction(() => document.querySelector("#bytes .marked"));
  assert.match(await pressed(page), /^opcode 3/);
  assert.equal(await field(page), "Opcode");
  assert.deepEqual(await marked(page, "On the wire"), ["83"]);
});

oneBuild("filters let through what they say", async (page) => {
  await openFile(page, capture("ws-websockets-deflate.pcap"));
  const shown = () => page.locator("#filters .count").innerText();
  const all = Number((await shown()).split(" ")[0]);
  const sum = async (label, values) => {
    let total = 0;
    for (const value of values) {
      await page.getByLabel(label, { exact: true }).selectOption(value);
      total += Number((await shown()).split(" ")[0]);
    }
    await page.getByLabel(label, { exact: true }).selectOption("");
    return total;
  };
  assert.equal(await sum("From", ["0", "1"]), all);
  const opcodes = await page
    .getByLabel("Opcode", { exact: true })
    .locator("option")
    .evaluateAll((options) => options.map(({ value }) => value));
  assert.equal(await sum("Opcode", opcodes.filter(Boolean)), all);
  await page.getByLabel("Problems only").check();
  await page.waitForSelector(`text=0 of ${all} frames`);
  await page.getByLabel("Problems only").uncheck();
  await page.getByLabel("Text", { exact: true }).fill("there is no such text");
  await page.waitForSelector(`text=0 of ${all} frames`);
});

oneBuild("text is found in compressed messages", async (page) => {
  await openExample(page, /A chat/);
  await page.getByLabel("Text", { exact: true }).fill("second board is faster");
  await page.waitForSelector("text=2 of 11 frames");
  assert.deepEqual(
    await page.locator("#table .rows [role=row]").evaluateAll((rows) => rows.map(({ id }) => id)),
    ["row-7", "row-8"],
  );
});

bothBuilds("everything is reached by the keyboard", async (page) => {
  await openExample(page, /Thirteen violations/);
  const reached = new Set();
  await page.evaluate(() => document.activeElement.blur());
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press("Tab");
    const name = await focused(page);
    const visible = await page.evaluate(() => {
      const { outlineStyle } = getComputedStyle(document.activeElement);
      return document.activeElement === document.body || outlineStyle !== "none";
    });
    assert.ok(visible, `the focus is visible on ${name}`);
    reached.add(name);
  }
  for (const name of [
    "Open",
    "Paste",
    "Build",
    "Export",
    "Share",
    "Timeline of frames",
    "Frames",
    "On the wire",
  ]) {
    assert.ok(
      [...reached].some((each) => each.startsWith(name)),
      `${name} is reached: ${[...reached].join(", ")}`,
    );
  }
  await page.focus("#table [role=grid]");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector("text=/^Frame 1 of/");
  await page.keyboard.press("End");
  await page.waitForSelector("text=/^Frame 14 of/");
  await page.focus("#timeline [role=slider]");
  await page.keyboard.press("ArrowLeft");
  await page.waitForSelector("text=/^Frame 13 of/");
  await page.focus("#detail .figure [tabindex='0']");
  for (let press = 0; press < 4; press += 1) await page.keyboard.press("ArrowRight");
  assert.match(await focused(page), /^opcode /);
  assert.equal(await field(page), "Opcode");
  await page.getByRole("grid", { name: "On the wire" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator("#bytes .status").innerText(), /^Byte [12]/);
  await page.focus("#summary .violations [tabindex='0']");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector("text=/^Frame 2 of/");
});

oneBuild("the timeline leads to frames", async (page) => {
  await openExample(page, /A chat/);
  const lanes = page.getByRole("slider", { name: "Timeline of frames" });
  const { width, height } = await lanes.boundingBox();
  await lanes.click({ position: { x: width - 6, y: height - 10 } });
  await page.waitForSelector("text=/^Frame 10 of the server: close/");
  assert.equal(await lanes.getAttribute("aria-valuenow"), "10");
  await page.getByLabel("Axis").selectOption("order");
  await lanes.click({ position: { x: 6, y: 5 } });
  await page.waitForSelector("text=/^Frame 0 of the client/");
});

bothBuilds("100,000 frames are a table of a few dozen elements", async (page) => {
  await openFile(page, {
    name: "many.pcap",
    mimeType: "application/octet-stream",
    buffer: manyFrames(100_000),
  });
  const grid = page.getByRole("grid", { name: "Frames" });
  assert.equal(await grid.getAttribute("aria-rowcount"), "100001");
  const few = async () => {
    const count = await page.locator("#table .rows [role=row]").count();
    assert.ok(count > 5 && count < 80, `${count} rows are elements`);
  };
  await few();
  for (const share of [0.5, 0.123, 1, 0.99, 0]) {
    await grid.evaluate((element, at) => {
      element.scrollTop = at * (element.scrollHeight - element.clientHeight);
    }, share);
    const about = Math.round(share * 99_985);
    await page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll("#table .rows [role=row]")].some(
          ({ id }) => Math.abs(Number(id.slice(4)) - wanted) < 30,
        ),
      about,
    );
    await few();
  }
  await grid.focus();
  await page.keyboard.press("End");
  await page.waitForSelector("text=/^Frame 99999 of/");
  await page.waitForSelector("#row-99999[aria-selected=true]");
  await page.waitForFunction(
    () => document.querySelector("#row-99999 .c-payload").textContent !== "",
  );
  await page.keyboard.press("PageUp");
  await page.keyboard.press("Home");
  await page.waitForSelector("#row-0[aria-selected=true]");
});

oneBuild("what is unknown behind a gap is shown as unknown", async (page) => {
  await openExample(page, /Bytes missing/);
  await selectFrame(page, 5);
  assert.match(await page.getByLabel("Message as text").innerText(), /unknown bytes/);
  assert.ok((await page.getByRole("grid", { name: "Inflated" }).innerText()).includes("??"));
});

oneBuild(
  "the theme is the system's until the button changes it",
  async (page) => {
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.click("#theme");
    const light = await background();
    assert.notEqual(dark, light);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    assert.equal(await background(), light);
    await page.click("#theme");
    assert.equal(await background(), dark);
  },
  { colorScheme: "dark" },
);

oneBuild("no payload is shown as text that is none", async (page) => {
  await openFile(page, capture("ws-websockets-gap.pcap"));
  await page.waitForFunction(() => document.querySelector("#row-5 .c-payload")?.textContent);
  const shown = await page.locator("#table .rows .c-payload").allInnerTexts();
  assert.deepEqual(
    shown.filter((text) => text.includes("\ufffd")),
    [],
  );
  assert.match(shown[2], /^é+/);
});
