// Opens the panel with the SQL in GraphiQL of a development server, and runs the query.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node sql.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile>

import { join } from "node:path";
import { line, open } from "./page.mjs";

const [url, browser, folder] = process.argv.slice(2);
const seen = {};
const noted = await open(url, browser, folder, async (page, run) => {
  const panel = page.getByRole("region", { name: "SQL and plan" });
  seen.closed = await run();
  await page.getByRole("button", { name: "Show SQL and plan" }).click();
  await panel.getByText("Run an operation").waitFor();
  seen.open = await run();
  await panel.locator(".plan").waitFor();
  seen.field = await panel.locator("h3").innerText();
  seen.sql = await panel.locator(".statement").innerText();
  seen.plan = await panel.locator(".plan").innerText();
  // The answer that is shown is the one that every client gets.
  await line(page, '"data"').waitFor();
  seen.shown = (await page.locator(".result-window").innerText()).replaceAll("\u00a0", " ");
  await page.screenshot({ path: join(folder, "graphiql-sql.png") });
  await page.setViewportSize({ width: 390, height: 844 });
  seen.width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.screenshot({ path: join(folder, "graphiql-sql-phone.png") });
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
