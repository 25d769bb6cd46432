// Opens GraphiQL with a subscription, runs it, and looks on while the test changes a row.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node live.mjs <url of the page> <the browser's executable> <folder> <document of a mutation> <what it makes visible>
//   [<path of the API>]

import { join } from "node:path";
import { line, open } from "./page.mjs";

const [url, browser, folder, mutation, visible, api = "/graphql"] = process.argv.slice(2);
const seen = { before: "", after: "", stopped: false };
const noted = await open(url, browser, folder, async (page) => {
  const text = async () => (await page.locator(".result-window").innerText()).replaceAll("\u00a0", " ");
  await page.getByRole("button", { name: /execute query/i }).click();
  await line(page, "edges").waitFor();
  seen.before = await text();
  await page.screenshot({ path: join(folder, "before.png") });
  // Past the page, which does not know of it.
  const headers = { "content-type": "application/json" };
  await fetch(new URL(api, url), { method: "POST", headers, body: JSON.stringify({ query: mutation }) });
  await line(page, visible).waitFor();
  seen.after = await text();
  await page.screenshot({ path: join(folder, "after.png") });
  await page.getByRole("button", { name: /stop query/i }).click();
  await page.getByRole("button", { name: /execute query/i }).waitFor();
  seen.stopped = true;
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
