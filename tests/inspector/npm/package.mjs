// The package as npm packs it, installed in a directory of its own.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const source = fileURLToPath(new URL("../../../wasm/npm", import.meta.url));
export const tools = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));

export const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Packs the package and installs it; `project` is where, `tarball` what was installed. */
export function install(t) {
  const project = mkdtempSync(join(tmpdir(), "socklet-npm-"));
  t.after(() => rmSync(project, { recursive: true, force: true }));
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", project], source));
  const tarball = join(project, packed.filename);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }');
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-save", tarball], project);
  return { project, tarball, packed };
}
