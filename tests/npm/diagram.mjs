// Opens the page of `glowplug diagram` in a browser, and takes a picture of it.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node diagram.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile>

import { join } from "node:path";
import { browse, watch } from "./page.mjs";

const [url, browser, folder] = process.argv.slice(2);
const seen = {};
const noted = await browse(browser, folder, async (context, noted) => {
  const page = await context.newPage();
  watch(page, url, noted);
  await page.goto(url);
  // Whether each text is within its table, and no table is over another.
  Object.assign(seen, await page.evaluate(() => {
    const box = (element) => element.getBBox();
    const tables = [...document.querySelectorAll("svg g")];
    const boxes = tables.map((table) => box(table.querySelector("rect")));
    const inside = (text, outer) => text.x >= outer.x && text.x + text.width <= outer.x + outer.width && text.y + text.height <= outer.y + outer.height;
    const apart = (one, other) =>
      one.x + one.width < other.x || other.x + other.width < one.x || one.y + one.height < other.y || other.y + other.height < one.y;
    return {
      tables: tables.length,
      lines: document.querySelectorAll("svg path").length,
      isInside: tables.every((table, index) => [...table.querySelectorAll("text")].every((text) => inside(box(text), boxes[index]))),
      isApart: boxes.every((one, index) => boxes.slice(index + 1).every((other) => apart(one, other))),
      roles: [...document.querySelectorAll("h2")].map((role) => role.textContent),
      cells: document.querySelectorAll("td").length,
    };
  }));
  await page.screenshot({ path: join(folder, "diagram.png"), fullPage: true });
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
