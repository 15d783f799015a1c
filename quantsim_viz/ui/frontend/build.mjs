// Bundles the app's own components into ../static. `--check` fails when a committed file is not
// what its sources build.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

const check = process.argv.includes("--check");
const results = await build({
  entryPoints: { editor: "src/editor/main.js", panes: "src/panes/main.jsx", compare: "src/compare/main.jsx" },
  outdir: "../static",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "text" },
  legalComments: "eof",
  metafile: true,
  write: false,
});
results.outputFiles.push({ path: resolve("../static/LICENSES.txt"), text: await licences(results.metafile) });
for (const warning of results.warnings) console.warn(warning.text);
for (const file of results.outputFiles) {
  if (!check) await writeFile(file.path, file.text);
  else {
    const committed = await readFile(file.path, "utf8").catch(() => "");
    if (committed !== file.text) {
      console.error(`${file.path} is not what its sources build: run npm run build`);
      process.exitCode = 1;
    }
  }
}

/** The licences of everything that was bundled, as they ask to be kept with it. */
async function licences({ inputs }) {
  const names = Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const parts = ["editor.js, panes.js and compare.js hold the following packages.\n"];
  for (const name of [...new Set(names.filter(Boolean))].sort()) {
    const folder = `node_modules/${name}`;
    const { version } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const text = await readFile(`${folder}/LICENSE`, "utf8");
    parts.push(`${"=".repeat(78)}\n${name} ${version}\n\n${text.trim()}\n`);
  }
  return parts.join("\n");
}
