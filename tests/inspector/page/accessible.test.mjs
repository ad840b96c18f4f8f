// axe-core finds nothing serious, in both themes, wide and narrow, with each part of the page shown.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { oneBuild, openExample, selectFrame } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function check(page, what) {
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 3)
        .map(({ html, failureSummary }) => `${html}\n${failureSummary}`)
        .join("\n")}`,
  );
  assert.deepEqual(found, [], what);
}

for (const colorScheme of ["light", "dark"]) {
  for (const [shape, width] of [
    ["wide", 1280],
    ["narrow", 360],
  ]) {
    oneBuild(
      `${colorScheme}, ${shape}: nothing serious`,
      async (page) => {
        // The policy of the page lets no script in; what tests come from elsewhere.
        await page.evaluate(axe);
        await check(page, "the start");
        await openExample(page, /Thirteen violations/);
        await selectFrame(page, 4);
        await page.getByRole("treeitem", { name: /^Opcode/ }).click();
        await check(page, "violations");
        await page.click("#home");
        await openExample(page, /A chat/);
        await selectFrame(page, 3);
        await page
          .getByRole("grid", { name: "Inflated" })
          .locator("[data-at='20'][role=gridcell]")
          .click();
        await check(page, "a compressed message");
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        assert.ok(overflow <= 0, `nothing is wider than the window: ${overflow}`);
        for (const [button, dialog] of [
          ["#build", "Build a frame"],
          ["#export", "Export"],
          ["#share", "Share"],
          ["#paste", "Paste traffic"],
        ]) {
          await page.click(button);
          await page.getByRole("dialog", { name: dialog }).waitFor();
          if (button === "#build") await page.waitForSelector("dialog .figure");
          await check(page, dialog);
          await page.keyboard.press("Escape");
        }
      },
      { colorScheme, viewport: { width, height: 800 }, reducedMotion: "reduce" },
    );
  }
}
