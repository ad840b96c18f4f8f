// Builds the page, of modules and of one file: `node build.mjs [PACKAGE] [TARGET]`.
//
// PACKAGE is where the npm package was built; both end in TARGET.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import zopfli from "@gfx/zopfli";
import { build } from "esbuild";

const here = import.meta.dirname;
const [dist = join(here, "../npm/dist"), target = join(here, "../../target/inspector")] =
  process.argv.slice(2).map((path) => resolve(path));
const page = join(target, "page");
rmSync(page, { recursive: true, force: true });
mkdirSync(page, { recursive: true });

const wasm = readFileSync(join(dist, "socklet.wasm"));
const template = readFileSync(join(here, "index.html"), "utf8").replace(/^ +/gm, "");
const common = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2023",
  logLevel: "warning",
  charset: "utf8",
  legalComments: "none",
  alias: { socklet: join(dist, "web.js") },
};

const fill = (parts) => template.replace(/%(\w+)%/g, (_, name) => parts[name]);
// `data:,` is the icon that is none.
const policy = (more) =>
  ["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'", ...more].join(
    "; ",
  );

await build({
  ...common,
  entryPoints: ["app.js", "worker.js", "style.css"].map((name) => join(here, name)),
  outdir: page,
  splitting: true,
  chunkNames: "shared",
  external: ["./worker.js"],
});
copyFileSync(join(dist, "socklet.wasm"), join(page, "socklet.wasm"));
writeFileSync(
  join(page, "index.html"),
  fill({
    CSP: policy([
      "script-src 'self' 'wasm-unsafe-eval'",
      "style-src 'self'",
      "worker-src 'self'",
      "connect-src 'self'",
    ]),
    STYLE: '<link rel="stylesheet" href="style.css">',
    SCRIPTS: '<script type="module" src="app.js"></script>',
  }),
);

const single = await build({
  ...common,
  entryPoints: [join(here, "app.js")],
  write: false,
  plugins: [
    {
      name: "platform",
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/platform\.js$/ }, () => ({
          path: join(here, "platform-single.js"),
        })),
    },
  ],
});
// Text that would end its element early.
const script = single.outputFiles[0].text.replaceAll("</script", "<\\/script");
const style = readFileSync(join(page, "style.css"), "utf8");
// It takes seconds, and finds a twentieth less than zlib; what inflates it is the same.
const deflated = await zopfli.deflateAsync(wasm, {});
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
writeFileSync(
  join(target, "socklet-inspector.html"),
  fill({
    CSP: policy([
      `script-src ${hash(script)} 'wasm-unsafe-eval'`,
      `style-src ${hash(style)}`,
      "worker-src blob:",
    ]),
    STYLE: `<style>${style}</style>`,
    SCRIPTS: `<script type="text/plain" id="wasm">${Buffer.from(deflated).toString("base64")}</script>\n<script type="module" id="app">${script}</script>`,
  }),
);
