// Runs a query in GraphiQL without a token, with one in the headers editor, and once more after the page was loaded again.
// Prints the answers as one JSON object; the test judges them.
//
// Usage: node headers.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile> <headers as JSON>

import { join } from "node:path";
import { open, ready } from "./page.mjs";

const [url, browser, folder, headers] = process.argv.slice(2);
const seen = {};
const noted = await open(url, browser, folder, async (page, run) => {
  seen.without = await run();
  await page.getByRole("button", { name: "Headers", exact: true }).click();
  await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").last().click();
  await page.keyboard.insertText(headers);
  seen.with = await run();
  await page.screenshot({ path: join(folder, "graphiql-headers.png") });
  // What the editors hold is kept after a pause in typing.
  await page.waitForFunction((text) => Object.values(localStorage).some((value) => value.includes(text)), headers);
  await page.reload();
  await ready(page);
  seen.reloaded = await run();
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
