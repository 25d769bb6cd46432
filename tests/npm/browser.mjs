// Opens GraphiQL in a browser, runs the query that it comes with, looks at what it offers, and takes pictures.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node browser.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile>

import { join } from "node:path";
import { line, open } from "./page.mjs";

const [url, browser, folder] = process.argv.slice(2);
const seen = { answer: null, rows: 0, docs: "", types: [], history: "", headers: "", settings: "" };
const noted = await open(url, browser, folder, async (page, run) => {
  seen.answer = await run();
  await line(page, "edges").waitFor();
  seen.rows = await line(page, '"node"').count();
  await page.screenshot({ path: join(folder, "graphiql.png") });

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  const types = page.locator(".graphiql-doc-explorer-section-content").last();
  await types.waitFor();
  seen.types = await types.locator("a").allTextContents();
  await page.screenshot({ path: join(folder, "graphiql-types.png") });
  await page.locator(".graphiql-doc-explorer a", { hasText: "Query" }).first().click();
  await page.locator(".graphiql-doc-explorer-title", { hasText: "Query" }).waitFor();
  seen.docs = await page.locator(".graphiql-doc-explorer").innerText();
  await page.screenshot({ path: join(folder, "graphiql-docs.png") });

  await page.getByRole("button", { name: "Show History" }).click();
  await page.locator(".graphiql-history-item").first().waitFor();
  seen.history = await page.locator(".graphiql-history-item").first().innerText();
  seen.headers = await page.getByRole("button", { name: "Headers", exact: true }).innerText();
  await page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
  await page.locator(".graphiql-explorer-root").getByText("taskCollection").first().waitFor();
  await page.screenshot({ path: join(folder, "graphiql-explorer.png") });
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Persist headers", { exact: true }).waitFor();
  seen.settings = await dialog.innerText();
  await page.screenshot({ path: join(folder, "graphiql-settings.png") });
  await page.keyboard.press("Escape");

  // On a phone all parts are below each other, and nothing is cut off.
  await page.getByRole("button", { name: "Hide GraphiQL Explorer" }).click();
  await page.setViewportSize({ width: 390, height: 844 });
  const editor = await page.locator(".graphiql-query-editor").boundingBox();
  const result = await page.locator(".graphiql-response").boundingBox();
  seen.phone = {
    width: await page.evaluate(() => document.documentElement.scrollWidth),
    isBelow: result.y >= editor.y + editor.height,
    isWide: editor.width > 300 && result.width > 300,
  };
  await page.screenshot({ path: join(folder, "graphiql-phone.png") });
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
