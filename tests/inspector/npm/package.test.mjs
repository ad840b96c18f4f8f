// The package as somebody gets it: what is in it, and whether it runs wherever it says.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { install, run, source, tools } from "./package.mjs";

test("the example of the README prints what stands there", (t) => {
  const { project } = install(t);
  const readme = readFileSync(join(source, "README.md"), "utf8");
  const [, example, printed] = readme.match(/```js\n(.*?)```.*?```\n(.*?)```/s);
  writeFileSync(join(project, "example.js"), example);
  assert.equal(run(process.execPath, ["example.js"], project), printed);
});

test("require finds it too", (t) => {
  const { project } = install(t);
  const example =
    'require("socklet").load().then(({ build }) => console.log(build({ opcode: 9 }).join()));';
  writeFileSync(join(project, "example.cjs"), example);
  assert.equal(run(process.execPath, ["example.cjs"], project), "137,0\n");
});

test("the engine is one file, and nothing is in the package that nobody needs", (t) => {
  const { packed } = install(t);
  const files = packed.files.map(({ path }) => path).sort();
  assert.deepEqual(files, [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/engine.js",
    "dist/node.cjs",
    "dist/node.js",
    "dist/socklet.wasm",
    "dist/web.js",
    "index.d.cts",
    "index.d.ts",
    "package.json",
  ]);
});

test("publint has nothing to say", () => {
  run(join(tools, "publint"), ["--strict", source]);
});

test("the types are those of each way to import it", (t) => {
  const { tarball } = install(t);
  // Bytes have no types.
  const bytes = ["--exclude-entrypoints", "socklet.wasm"];
  run(join(tools, "attw"), [tarball, ...bytes, "--format", "table-flipped", "--no-color"]);
});

test("the types compile, and refuse what is wrong", (t) => {
  const { project } = install(t);
  const use = (wrong) => `import { InputError, load, type Frame, type Inspection } from "socklet";
    const socklet = await load();
    const inspection: Inspection = socklet.inspect(new Uint8Array(2), { format: "hex" });
    const [connection] = inspection.connections;
    const frames: Frame[] = [...connection!.frames];
    const part = connection!.message(0)[0]!;
    const length: number = typeof part === "number" ? part : part.length;
    export { InputError, frames, length };
    ${wrong}`;
  const compile = (file) => {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext"];
    const libraries = ["--lib", "es2022,dom,esnext.disposable"];
    return run(join(tools, "tsc"), [...options, ...libraries, file], project);
  };
  writeFileSync(join(project, "right.ts"), use(""));
  compile("right.ts");
  writeFileSync(join(project, "wrong.ts"), use('socklet.inspect("81 00", { format: "hexx" });'));
  assert.throws(() => compile("wrong.ts"), ({ stdout }) => /"hexx"/.test(stdout));
});
