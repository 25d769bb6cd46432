// Opens GraphiQL in a browser, runs the query that it comes with, looks at what it offers, and takes pictures.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node browser.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile>

import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, executablePath, folder] = process.argv.slice(2);
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

const seen = { complaints: [], foreign: [], answer: null, rows: 0, docs: "", history: "", headers: "", settings: "" };
try {
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.protocol !== "data:" && address.origin !== new URL(url).origin) seen.foreign.push(request.url());
  });
  await page.goto(url);
  await page.locator(".graphiql-query-editor .CodeMirror").waitFor();

  const [response] = await Promise.all([
    page.waitForResponse((answered) => {
      const body = answered.request().postDataJSON();
      return body !== null && body.operationName !== "IntrospectionQuery";
    }),
    page.getByRole("button", { name: /execute query/i }).click(),
  ]);
  seen.answer = await response.json();
  await page.locator(".result-window .CodeMirror-line", { hasText: "edges" }).waitFor();
  seen.rows = await page.locator(".result-window .CodeMirror-line", { hasText: '"node"' }).count();
  await page.screenshot({ path: join(folder, "graphiql.png") });

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.locator(".graphiql-doc-explorer a", { hasText: "Query" }).first().click();
  await page.locator(".graphiql-doc-explorer-title", { hasText: "Query" }).waitFor();
  seen.docs = await page.locator(".graphiql-doc-explorer").innerText();
  await page.screenshot({ path: join(folder, "graphiql-docs.png") });

  await page.getByRole("button", { name: "Show History" }).click();
  await page.locator(".graphiql-history-item").first().waitFor();
  seen.history = await page.locator(".graphiql-history-item").first().innerText();
  seen.headers = await page.getByRole("button", { name: "Headers", exact: true }).innerText();
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Persist headers", { exact: true }).waitFor();
  seen.settings = await dialog.innerText();
  await page.screenshot({ path: join(folder, "graphiql-settings.png") });
} finally {
  await context.close();
}
process.stdout.write(JSON.stringify(seen));
