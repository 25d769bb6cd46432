// Opens pages in a browser, and notes what no page of ours should do.

import { join } from "node:path";
import { chromium } from "playwright-core";

// Calls `visit` with a browser and what is noted of the pages that `watch` has seen, and returns the notes.
export async function browse(executablePath, folder, visit) {
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
    await visit(context, noted);
  } finally {
    await context.close();
  }
  return noted;
}

// Notes the page's complaints, and its requests to other servers than that of the address.
export function watch(page, url, noted) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) noted.complaints.push(message.text());
  });
  page.on("pageerror", (error) => noted.complaints.push(String(error)));
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.protocol !== "data:" && address.origin !== new URL(url).origin) noted.foreign.push(request.url());
  });
}

// Opens GraphiQL, and calls `visit` with the page, a function that runs its query and gives the answer, and what is noted.
export function open(url, executablePath, folder, visit) {
  return browse(executablePath, folder, async (context, noted) => {
    const page = await context.newPage();
    watch(page, url, noted);
    await page.goto(url);
    await ready(page);
    await visit(page, () => run(page), noted);
  });
}

export const ready = (page) => page.locator(".graphiql-query-editor .view-line").first().waitFor();

// A line of the answer. The editor shows spaces as no-break spaces, which `hasText` reads as spaces.
export const line = (page, text) => page.locator(".result-window .view-line", { hasText: text });

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
