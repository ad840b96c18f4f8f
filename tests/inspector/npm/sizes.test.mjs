// What somebody downloads, within its budgets.

import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { within } from "../budgets.mjs";
import { install, source } from "./package.mjs";

test("the engine", () => {
  const engine = readFileSync(`${source}/dist/socklet.wasm`);
  within("engine, gzipped", gzipSync(engine, { level: 9 }).length);
});

test("the package", (t) => {
  const { tarball } = install(t);
  within("package, packed", statSync(tarball).size);
});
