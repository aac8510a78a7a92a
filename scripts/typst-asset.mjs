// SPDX-License-Identifier: EUPL-1.2
// Fills internal/doc/typst/gen: unpacks Fira Sans from WOFF2 (the typesetter reads only TTF), then packs compiler and fonts with
// `go run ./internal/doc/typst/pack`, which checks every file against internal/doc/typst/assets.sum. Called by `make assets`.
// MODULES names another node_modules folder.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = resolve(process.env.MODULES ?? join(root, "node_modules"));
const doc = join(root, "internal/doc/typst");
const sums = join(doc, "assets.sum");
const names = readFileSync(sums, "utf8").trim().split("\n").map((line) => line.split(/\s+/)[1]);

const upToDate = names.every((name) => {
  const packed = join(doc, "gen", name + ".zst");
  return existsSync(packed) && statSync(packed).mtimeMs >= statSync(sums).mtimeMs;
});
if (upToDate && !process.argv.includes("--force")) {
  console.log("typesetter: up to date");
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), "typst-asset-"));
try {
  const { default: woff2 } = await import(pathToFileURL(join(modules, "wawoff2/index.js")).href);
  for (const name of names) {
    if (name.endsWith(".wasm")) {
      cpSync(join(modules, "@myriaddreamin/typst-ts-web-compiler/pkg/typst_ts_web_compiler_bg.wasm"), join(work, name));
    } else if (name.startsWith("DejaVu")) {
      cpSync(join(modules, "dejavu-fonts-ttf/ttf", name), join(work, name));
    } else {
      const packed = readFileSync(join(modules, "@kern-ux/native/dist/fonts/fira-sans", name.replace(".ttf", ".woff2")));
      writeFileSync(join(work, name), await woff2.decompress(packed));
    }
  }
  mkdirSync(join(doc, "gen"), { recursive: true });
  execFileSync("go", ["run", "./internal/doc/typst/pack", work], { cwd: root, stdio: "inherit" });
} finally {
  rmSync(work, { recursive: true, force: true });
}
