// Builds the package around the engine as rustc made it: `node build.mjs MODULE`;
// `cargo xtask inspector package` calls it.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const [engine] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

// What rustc uses for this target.
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];
const binaryen = dirname(createRequire(import.meta.url).resolve("binaryen/package.json"));
execFileSync(process.execPath, [
  join(binaryen, "bin/wasm-opt"),
  // rustc puts the stack at the lowest addresses, and it grows down: what offsets of loads and
  // stores are added to is no pointer into the first kilobyte.
  "--low-memory-unused",
  // Control flow built anew is smaller than that of LLVM; the second round cleans up behind it.
  "--flatten",
  "--rereloop",
  "-Oz",
  "-Oz",
  ...FEATURES.map((feature) => `--enable-${feature}`),
  "--strip-producers",
  "--strip-target-features",
  engine,
  "-o",
  join(dist, "socklet.wasm"),
]);

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  logLevel: "warning",
};
const entries = (...names) => names.map((name) => join(here, "src", name));
const outputs = [
  {
    entryPoints: entries("web.js", "node.js"),
    format: "esm",
    outdir: dist,
    external: ["node:*"],
    splitting: true,
    chunkNames: "engine",
  },
  {
    entryPoints: entries("node.js"),
    format: "cjs",
    platform: "node",
    outfile: join(dist, "node.cjs"),
    define: { "import.meta.url": "here" },
    banner: { js: 'const here=require("node:url").pathToFileURL(__filename).href;' },
  },
];
for (const output of outputs) await build({ ...common, ...output });
copyFileSync(join(here, "index.d.ts"), join(here, "index.d.cts"));
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  copyFileSync(join(here, "../..", licence), join(here, licence));
}
