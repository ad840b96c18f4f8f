// Both builds of the page in Chromium, watched: whatever the page complains of, and every request
// beyond its own files, fails the test.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { load } from "../../../wasm/npm/dist/node.js";

const built = fileURLToPath(new URL("../../../target/inspector", import.meta.url));
const corpus = fileURLToPath(new URL("../corpus", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};
/** Other work on the machine makes a browser slow, not wrong. */
const PATIENCE_MS = 120_000;

/** The engine, in Node.js: what the page says is compared with what it says. */
export const engine = await load();

/** A capture of the corpus. */
export const capture = (name) => join(corpus, name);
export const captured = (name) => readFile(capture(name));

let browser;
let server;
let urls;

before(async () => {
  server = http.createServer(({ url }, response) => {
    const path = url.split("?")[0] === "/" ? "/index.html" : url;
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/plain");
    createReadStream(join(built, "page", path))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  urls = {
    modules: `http://127.0.0.1:${server.address().port}/`,
    "one file": pathToFileURL(join(built, "socklet-inspector.html")).href,
  };
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"],
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Tests both builds; `run` is given the page, ready, and the test. */
export function bothBuilds(name, run, options = {}) {
  for (const build of ["modules", "one file"]) {
    test(`${build}: ${name}`, async (t) => run(await visit(t, build, options), t));
  }
}

/** Tests one build, where the other is no different. */
export function oneBuild(name, run, options = {}) {
  test(name, async (t) => run(await visit(t, "one file", options), t));
}

/** Opens a page; `prepare` comes before its first script, `hash` is the link's fragment. */
export async function visit(t, build, { prepare, hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const url = urls[build];
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("request", (request) => {
    const asked = request.url();
    const own = build === "modules" ? asked.startsWith(url) : asked.split("#")[0] === url;
    if (!own && !asked.startsWith("blob:") && !asked.startsWith("data:")) {
      complaints.push(`a request: ${asked}`);
    }
  });
  page.on("requestfailed", (request) => complaints.push(`a failed request: ${request.url()}`));
  t.after(() => assert.deepEqual(complaints, []));
  if (prepare) await page.addInitScript(prepare);
  await page.goto(url + hash);
  await page.waitForSelector("html[data-ready]");
  return page;
}

/** Opens a file of these bytes, or of this path. */
export async function openFile(page, file) {
  await page.setInputFiles("#file", file);
  await opened(page);
}

/** Opens an example by its name. */
export async function openExample(page, name) {
  await page.getByRole("button", { name }).click();
  await opened(page);
}

/** Pastes text into the page's own field. */
export async function paste(page, text) {
  await page.fill("#pasted", text);
  await page.click("#paste-form .primary");
}

/** Waits until traffic is there, its first row selected and shown. */
export async function opened(page) {
  await page.waitForSelector("#traffic:not([hidden]) [role=row][aria-selected=true]");
  await page.waitForSelector("#bytes .pane");
}

/** Selects a frame by its number, and waits for its details. */
export async function selectFrame(page, number) {
  await page.click(`#row-${number}`);
  await page.waitForSelector(`text=/^Frame ${number} of/`);
}

/** Presses a button that saves a file, and takes its bytes. */
export async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Everything that was said in a capture: who, what. */
export function messages(bytes, options) {
  const inspection = engine.inspect(bytes, options);
  try {
    return inspection.connections.map((connection) =>
      Array.from(connection.messages, ({ number, from, kind, len }) => {
        const parts = connection.message(number);
        const shown = parts.map((part) => (typeof part === "number" ? `?${part}` : hex(part)));
        return `${from} ${kind} ${len} ${shown.join("")}`;
      }),
    );
  } finally {
    inspection.free();
  }
}

export const hex = (bytes) => Buffer.from(bytes).toString("hex");
