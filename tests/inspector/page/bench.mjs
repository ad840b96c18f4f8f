// How long the engine takes in Chromium, in the page's own worker: `node bench.mjs [RUNS]`.
//
// Two captures: 100,000 small frames, and 50 MB of frames of 4 KiB. Of each, the median of the runs
// of the engine's call, of that with the way to the worker and back, and of making the columns of
// the table. `target/inspector/page` has to be built; `cargo xtask bench inspector` does that first.

import { createReadStream } from "node:fs";
import http from "node:http";
import { cpus } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { manyFrames } from "./many.mjs";

const RUNS = Number(process.argv[2] ?? 5);
const PAGE = fileURLToPath(new URL("../../../target/inspector/page", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const CAPTURES = {
  "100,000 frames of 20 bytes": manyFrames(100_000, 20),
  "50 MB in frames of 4 KiB": manyFrames(12_600, 4096),
};

const server = http.createServer(({ url }, response) => {
  const capture = Object.values(CAPTURES)[Number(url.slice(2))];
  if (url.startsWith("/~") && capture) {
    response.end(capture);
    return;
  }
  const path = url === "/" ? "/index.html" : url;
  response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/plain");
  createReadStream(join(PAGE, path))
    .on("error", () => response.writeHead(404).end())
    .pipe(response);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"],
});
console.log(`Chromium ${browser.version()}, ${cpus()[0].model}, median of ${RUNS} runs.\n`);
console.log("| capture | input | frames | engine | with the way | columns |");
console.log("|---|---|---|---|---|---|");
for (const [at, [name, capture]] of Object.entries(CAPTURES).entries()) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const { frames, times } = await page.evaluate(measure, { at, runs: RUNS });
  const [engine, way, columns] = times.map((each) => each.sort((a, b) => a - b)[RUNS >> 1]);
  const line = [
    `${(capture.length / 1e6).toFixed(1)} MB`,
    frames,
    ...[engine, way, columns].map((ms) => `${ms.toFixed(0)} ms`),
  ];
  console.log(`| ${[name, ...line].join(" | ")} |`);
  await page.close();
}
await browser.close();
server.close();

/** Runs in the page. */
async function measure({ at, runs }) {
  const worker = new Worker("/worker.js", { type: "module" });
  const ask = (name, request) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { answer, error, progress } }) => {
        if (error) reject(new Error(error.message));
        else if (!progress) resolve(answer);
      };
      worker.postMessage({ id: 0, name, request });
    });
  const fetched = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  await ask("load", { wasm: await fetched("/socklet.wasm") });
  const bytes = await fetched(`/~${at}`);
  const times = [[], [], []];
  let frames = 0;
  for (let run = 0; run < runs; run += 1) {
    let start = performance.now();
    const opened = await ask("open", { bytes, options: {} });
    times[0].push(opened.took);
    times[1].push(performance.now() - start);
    const { frameCount, messageCount, violationCount } = opened.connections[0];
    if (messageCount !== frameCount || violationCount !== 0) throw new Error("not what was sent");
    start = performance.now();
    frames = (await ask("columns", { connection: 0 })).count;
    times[2].push(performance.now() - start);
  }
  return { frames, times };
}
