// Bundles a script of a project for Node.js, as Vite does it for a browser: TypeScript without a check, and Relay's documents by its
// plugin. In Node.js 20 a websocket is one of the package ws.
//
// Usage: node build.mjs <script> <bundle>

import { readFile } from "node:fs/promises";
import babel from "@babel/core";
import { build } from "esbuild";

const relay = {
  name: "relay",
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/[^_]*\.tsx?$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      if (!source.includes("graphql`")) return undefined;
      const options = {
        filename: path,
        plugins: [["relay", { eagerEsModules: true }]],
        parserOpts: { plugins: ["typescript", "jsx"] },
        configFile: false,
      };
      const { code } = await babel.transformAsync(source, options);
      return { contents: code, loader: path.endsWith("x") ? "tsx" : "ts" };
    });
  },
};

const [script, outfile] = process.argv.slice(2);
await build({
  entryPoints: [script],
  outfile,
  bundle: true,
  platform: "node",
  format: "cjs",
  jsx: "automatic",
  logLevel: "warning",
  plugins: [relay],
  banner: { js: 'globalThis.WebSocket ??= require("ws");' },
});
