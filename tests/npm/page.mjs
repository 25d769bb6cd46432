// Opens GraphiQL in a browser, and notes what no page of ours should do.

import { join } from "node:path";
import { chromium } from "playwright-core";

// Calls `visit` with the page and a function that runs its query and gives the answer, and returns what was noted.
export async function open(url, executablePath, folder, visit) {
  const context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath,
    headless: true,
    viewport: { width: 1440, height: 900 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const noted = { complaints: [], foreign: [] };
  try {
    const page = await context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) noted.complaints.push(message.text());
    });
    page.on("pageerror", (error) => noted.complaints.push(String(error)));
    page.on("request", (request) => {
      const address = new URL(request.url());
      if (address.protocol !== "data:" && address.origin !== new URL(url).origin) noted.foreign.push(request.url());
    });
    await page.goto(url);
    await page.locator(".graphiql-query-editor .CodeMirror").waitFor();
    await visit(page, () => run(page));
  } finally {
    await context.close();
  }
  return noted;
}

async function run(page) {
  const [response] = await Promise.all([
    page.waitForResponse((answered) => {
      const body = answered.request().postDataJSON();
      return body !== null && body.operationName !== "IntrospectionQuery";
    }),
    page.getByRole("button", { name: /execute query/i }).click(),
  ]);
  return response.json();
}
