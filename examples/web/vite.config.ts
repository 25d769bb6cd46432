import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where `glowplug dev` answers. `changeOrigin` stays off: Glowplug opens websockets only to pages of its own host, and reads
// that from the header Host, which has to arrive as the browser sent it.
const target = process.env.GLOWPLUG ?? "http://127.0.0.1:8080";

export default defineConfig({
  // `glowplug dev` serves the built files below this path.
  base: "/board/",
  plugins: [react()],
  // The first browsers with `light-dark()`. For older ones it would be rewritten to follow the system's scheme alone.
  build: { cssTarget: ["chrome123", "firefox120", "safari17.5"] },
  server: { proxy: { "/graphql": { target, ws: true }, "/dev/people": { target } } },
});
