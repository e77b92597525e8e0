// Bundles the viewer into siloscope/viz/static: viewer.js, viewer.css and the notices of what is bundled.
// With --check nothing is written; the exit code says whether what is committed is what would be built.
import { build } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "siloscope", "viz", "static");
const result = await build({
  entryPoints: [join(here, "src", "main.ts")],
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  metafile: true,
  write: false,
});
const style = await build({ entryPoints: [join(here, "src", "map.css")], minify: true, target: "es2022", legalComments: "none", write: false });

const packages = new Set(
  Object.keys(result.metafile.inputs).flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []),
);
const notices = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8"));
  const text = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((file) => join(folder, file)).find(existsSync);
  if (!text) throw new Error(`${name} has no licence text`);
  return `${name} ${version} (${license})\n\n${readFileSync(text, "utf-8").trim()}\n`;
});

const files = {
  "viewer.js": result.outputFiles[0].text,
  "viewer.css": style.outputFiles[0].text,
  "NOTICES.txt": `The viewer contains parts of these packages.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`,
};
let stale = [];
for (const [name, text] of Object.entries(files)) {
  const file = join(target, name);
  const now = existsSync(file) ? readFileSync(file, "utf-8") : "";
  if (now === text) continue;
  stale.push(name);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
}
if (process.argv.includes("--check")) {
  if (stale.length) console.error(`not what the source builds: ${stale.join(", ")}; run make viewer`);
  process.exit(stale.length ? 1 : 0);
}
console.log(`${Object.entries(files).map(([name, text]) => `${name} ${(text.length / 1024).toFixed(1)} KiB`).join(", ")}${stale.length ? "" : " (unchanged)"}`);
