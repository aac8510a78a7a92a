// SPDX-License-Identifier: EUPL-1.2
// Fills the gen/ folders that the program embeds: scripts and style sheets of the pages, the map library, fonts, the typesetter.
// What they are made of is pinned in package-lock.json. Nothing is done when neither the inputs nor the outputs have changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const source = join(root, "internal/web/assets");
const gen = join(root, "internal/web/static/gen");
const stamp = join(root, ".cache/assets.json");

const walk = (dir) =>
  !existsSync(dir) ? [] : readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)]));
const hash = (files) => {
  const h = createHash("sha256");
  for (const f of files.sort()) h.update(relative(root, f) + "\0").update(readFileSync(f)).update("\0");
  return h.digest("hex");
};
const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" });
  if (error) {
    console.error(`assets: ${command}: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
};

// The packages, when they are not those of package-lock.json.
const lock = hash([join(root, "package-lock.json")]);
const installed = join(modules, ".kupferfaden-lock");
if (!existsSync(installed) || readFileSync(installed, "utf8") !== lock) {
  console.log("assets: fetching the npm packages of package-lock.json");
  run("npm", ["ci", "--no-progress", "--loglevel=error"]);
  writeFileSync(installed, lock);
}

// The typesetter looks by itself whether it is up to date.
run(process.execPath, [join(root, "scripts/typst-asset.mjs")]);

// report.css takes the style of a report's chapters from the package that also writes it into the page that stands alone.
const chapters = join(root, "internal/report/reportdoc/report.css");
const inputs = hash([join(root, "package-lock.json"), fileURLToPath(import.meta.url), chapters, ...walk(source)]);
if (existsSync(stamp)) {
  const before = JSON.parse(readFileSync(stamp, "utf8"));
  if (before.inputs === inputs && before.outputs === hash(walk(gen))) {
    console.log("assets: up to date");
    process.exit(0);
  }
}

const started = Date.now();
for (const f of walk(gen)) if (!f.endsWith(".gitkeep")) rmSync(f);
const take = (from, to) => {
  mkdirSync(dirname(join(gen, to)), { recursive: true });
  copyFileSync(join(modules, from), join(gen, to));
};
for (const weight of ["Regular", "Medium", "SemiBold", "Bold"]) {
  take(`@kern-ux/native/dist/fonts/fira-sans/FiraSans-${weight}.woff2`, `fonts/FiraSans-${weight}.woff2`);
}
take("htmx.org/dist/htmx.min.js", "htmx.js");
// The map library stays in its own files: its worker is a module beside it, which a strict content security policy lets in as 'self'.
for (const part of ["maplibre-gl", "maplibre-gl-shared", "maplibre-gl-worker"]) take(`maplibre-gl/dist/${part}.mjs`, `maplibre/${part}.mjs`);
take("maplibre-gl/dist/maplibre-gl.css", "maplibre-gl.css");
take("@kern-ux/native/LICENSE.md", "licences/kern-EUPL-1.2.txt");
take("maplibre-gl/LICENSE.txt", "licences/maplibre-gl-BSD-3-Clause.txt");
take("htmx.org/LICENSE", "licences/htmx-0BSD.txt");
take("dejavu-fonts-ttf/LICENSE", "licences/dejavu-fonts.txt");
copyFileSync(join(root, "scripts/FiraSans-OFL.txt"), join(gen, "licences/FiraSans-OFL-1.1.txt"));

const esbuild = await import("esbuild");
const entries = readdirSync(source).filter((f) => /\.(ts|css)$/.test(f));
try {
  await esbuild.build({
    entryPoints: entries.map((f) => join(source, f)),
    outdir: gen,
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022"],
    minify: true,
    legalComments: "none",
    chunkNames: "chunk-[hash]",
    nodePaths: [modules],
    external: ["fonts/*"],
    logLevel: "warning",
    plugins: [
      {
        name: "map library beside our modules",
        setup(build) {
          build.onResolve({ filter: /^maplibre-gl$/ }, () => ({ path: "./maplibre/maplibre-gl.mjs", external: true }));
        },
      },
    ],
  });
} catch {
  process.exit(1); // esbuild has said why
}
mkdirSync(dirname(stamp), { recursive: true });
const made = walk(gen);
writeFileSync(stamp, JSON.stringify({ inputs, outputs: hash(made) }) + "\n");
const bytes = made.reduce((sum, f) => sum + statSync(f).size, 0);
console.log(`assets: ${made.length} files, ${Math.round(bytes / 1024)} KiB in ${Date.now() - started} ms`);
