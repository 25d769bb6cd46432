// Opens the page that loads GraphiQL from a CDN. The browser asks the CDN, and gets the files that npm has installed here.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node cdn.mjs <url of the page> <the browser's executable> <folder> <end of the path of a file that is changed on its way>

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { browse, watch } from "./page.mjs";

const [url, browser, folder, changed] = process.argv.slice(2);
const CDN = "https://cdn.jsdelivr.net/npm/";
const seen = { answer: null, shown: "" };

/** A file of a package, as the CDN has it: `react@18.3.1/umd/react.production.min.js`. */
async function file(address) {
  const [, name, path] = address.slice(CDN.length).match(/^([^@]+)@[^/]+\/(.+)$/);
  const content = await readFile(new URL(`node_modules/${name}/${path}`, import.meta.url));
  return address.endsWith(changed) ? `${content} ` : content;
}

const noted = await browse(browser, folder, async (context, noted) => {
  const page = await context.newPage();
  watch(page, url, noted);
  await page.route(`${CDN}**`, async (route) => {
    const address = route.request().url();
    const contentType = address.endsWith(".css") ? "text/css" : "text/javascript";
    await route.fulfill({ body: await file(address), contentType, headers: { "access-control-allow-origin": "*" } });
  });
  await page.goto(url);
  const run = page.getByRole("button", { name: /execute query/i });
  const failed = page.getByText("GraphiQL could not be loaded");
  await run.or(failed).first().waitFor();
  if (await run.isVisible()) {
    const isAnswer = (answered) => {
      const body = answered.request().postDataJSON();
      return body !== null && body.operationName !== "IntrospectionQuery";
    };
    const [response] = await Promise.all([page.waitForResponse(isAnswer), run.click()]);
    seen.answer = await response.json();
    await page.locator(".result-window").getByText("taskCollection").first().waitFor();
  }
  seen.shown = await page.locator("#graphiql").innerText();
  await page.screenshot({ path: join(folder, "cdn.png") });
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
