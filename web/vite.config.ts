import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const names = { entryFileNames: "[name]-[hash].js", chunkFileNames: "[name]-[hash].js", assetFileNames: "[name]-[hash][extname]" };

export default defineConfig({
  // All files are in one folder, and find each other by their own addresses.
  base: "./",
  plugins: [react()],
  worker: { format: "es", rolldownOptions: { output: names } },
  build: {
    modulePreload: false,
    chunkSizeWarningLimit: 10_000,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions: { input: { graphiql: "src/main.tsx" }, output: names },
  },
});
