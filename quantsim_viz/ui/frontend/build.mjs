// Bundles the app's own components into ../static. `--check` fails when a committed file is not
// what its sources build.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";

const check = process.argv.includes("--check");
const results = await build({
  entryPoints: { editor: "src/editor/main.js", panes: "src/panes/main.jsx" },
  outdir: "../static",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "text" },
  legalComments: "eof",
  write: !check,
});
for (const warning of results.warnings) console.warn(warning.text);
if (check) {
  for (const file of results.outputFiles) {
    const committed = await readFile(file.path, "utf8").catch(() => "");
    if (committed !== file.text) {
      console.error(`${file.path} is not what its sources build: run npm run build`);
      process.exitCode = 1;
    }
  }
}
