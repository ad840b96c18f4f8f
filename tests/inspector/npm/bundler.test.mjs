// The package in an application that Vite bundles, in a browser.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import http from "node:http";
import { extname, join } from "node:path";
import { test } from "node:test";

import { chromium } from "playwright-core";
import { build } from "vite";

import { install } from "./package.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

test("Vite bundles it, with the engine beside it, and a browser runs it", async (t) => {
  const { project } = install(t);
  await writeFile(join(project, "index.html"), '<script type="module" src="main.js"></script>');
  await writeFile(
    join(project, "main.js"),
    `import { load } from "socklet";
    const { inspect } = await load();
    const [connection] = inspect("81 85 37 fa 21 3d 7f 9f 4d 51 58").connections;
    globalThis.said = new TextDecoder().decode(connection.message(0)[0]);`,
  );
  const dist = join(project, "built");
  // Bundled as one file, it would be base64, a third larger.
  const options = { outDir: dist, target: "es2022", assetsInlineLimit: 0 };
  await build({ root: project, logLevel: "warn", configFile: false, build: options });
  const assets = await readdir(join(dist, "assets"));
  assert.equal(assets.filter((name) => name.endsWith(".wasm")).length, 1, assets.join());

  const server = http.createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url;
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/plain");
    createReadStream(join(dist, path)).on("error", () => response.writeHead(404).end()).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction("globalThis.said !== undefined");
  assert.equal(await page.evaluate("globalThis.said"), "Hello");
});
