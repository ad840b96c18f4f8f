// What somebody downloads, within its budgets.

import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { within } from "../budgets.mjs";

const built = fileURLToPath(new URL("../../../target/inspector", import.meta.url));
const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;

test("the page without the engine: its HTML, style sheet and scripts", () => {
  const files = readdirSync(`${built}/page`).filter((name) => !name.endsWith(".wasm"));
  const sizes = files.map((name) => gzipped(`${built}/page/${name}`));
  within(
    "page without engine, gzipped",
    sizes.reduce((sum, size) => sum + size),
  );
});

test("the page as one file, with the engine", () => {
  within("page as one file, gzipped", gzipped(`${built}/socklet-inspector.html`));
});
