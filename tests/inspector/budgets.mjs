// Budgets of sizes: budgets.json has what was measured last, in bytes. Growing past it by more
// than what tools of other versions make of it is a failure until somebody writes the new figure
// there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const budgets = JSON.parse(readFileSync(new URL("budgets.json", import.meta.url), "utf8"));
const TOLERANCE = 1.02;

export function within(name, size) {
  console.log(`${name}: ${size} B, budget ${budgets[name]} B`);
  assert.ok(size <= budgets[name] * TOLERANCE, `${name}: ${size} B instead of ${budgets[name]} B`);
}
