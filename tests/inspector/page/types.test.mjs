// The page's scripts as TypeScript understands them, against the types of the package.

import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

test("TypeScript finds nothing wrong in the scripts", () => {
  const compiler = path("../node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", path("../../../wasm/www")], { stdio: "inherit" });
});
