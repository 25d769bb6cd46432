// Two people side by side on the task board of examples/web: what one does, the other sees; what the database refuses is taken back.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node board.mjs <url of the board> <the browser's executable> <folder for the pictures and the profile> [short]
// The short visit only opens the board.

import { join } from "node:path";
import { browse, watch } from "./page.mjs";

const [url, browser, folder, length] = process.argv.slice(2);
// `texts` are the operations that were sent as texts, not by their ids.
const seen = { texts: [], narrow: {} };
const picture = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });

const noted = await browse(browser, folder, async (context, noted) => {
  const open = async (person) => {
    const page = await context.newPage();
    watch(page, url, noted);
    page.on("request", (request) => {
      const sent = request.method() === "POST" && request.postDataJSON();
      if (sent?.query) seen.texts.push(sent.operationName);
    });
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const sent = JSON.parse(payload).payload;
        if (sent?.query) seen.texts.push(sent.operationName);
      }),
    );
    await page.goto(`${url}?project=WEB`);
    const who = page.getByLabel("You are");
    await who.selectOption({ index: person });
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    await page.locator(".card").first().waitFor();
    // It would be gone after a reload.
    await page.evaluate(() => (window.isSame = true));
    return page;
  };
  const left = await open(1);
  if (length === "short") return;
  const right = await open(2);
  seen.people = [await who(left), await who(right)];

  await oneMovesTheOtherSees(left, right);
  await theDatabaseRefuses(right);
  await aFormShowsWhatIsWrong(left, right);
  seen.isSame = await right.evaluate(() => window.isSame === true);
  await theListIsFilteredAndPaged(left);
  await coloursFollowTheSystem(left);
  for (const search of ["", "?project=WEB", "?project=WEB&view=list"]) seen.narrow[search] = await narrow(left, search);
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));

async function who(page) {
  return page.getByLabel("You are").evaluate((select) => select.selectedOptions[0].text);
}

function column(page, name) {
  return page.locator(".column", { has: page.getByRole("heading", { name, exact: false, level: 3 }) });
}

function card(within, reference) {
  return within.locator(".card", { has: within.page().getByText(reference, { exact: true }) });
}

async function firstIn(page, name) {
  return column(page, name).locator(".card .code").first().innerText();
}

// By the menu, as with a keyboard or on a phone, and then by the mouse.
async function oneMovesTheOtherSees(left, right) {
  const byMenu = await firstIn(left, "Backlog");
  await left.getByLabel(`Status of ${byMenu}`).selectOption({ label: "In progress" });
  await card(column(right, "In progress"), byMenu).waitFor();
  seen.focus = await left.evaluate(() => document.activeElement.getAttribute("aria-label"));
  seen.byMenu = byMenu;
  const byMouse = await firstIn(left, "Backlog");
  await card(left.locator("main"), byMouse).dragTo(column(left, "Done"));
  await card(column(right, "Done"), byMouse).waitFor();
  seen.byMouse = byMouse;
  await Promise.all([picture(left, "left"), picture(right, "right")]);
}

// The answer is held back until the card has been seen in its new column.
async function theDatabaseRefuses(page) {
  const reference = await firstIn(page, "To do");
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route("**/graphql", async (route) => {
    if (route.request().postDataJSON()?.operationName === "MoveTask") await held;
    await route.continue();
  });
  await page.getByLabel(`Status of ${reference}`).selectOption({ label: "Cancelled" });
  await card(column(page, "Cancelled"), reference).waitFor();
  answer();
  await card(column(page, "To do"), reference).waitFor();
  seen.notice = await page.getByRole("alert").locator("span").innerText();
  seen.refused = reference;
  await picture(page, "refused");
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Dismiss" }).click();
}

async function aFormShowsWhatIsWrong(left, right) {
  await left.getByRole("button", { name: "New task" }).click();
  const form = left.getByRole("dialog");
  const field = (name) => form.locator(`[data-field=${name}]`);
  // The text beside the field, once it is there; a screen reader reads it with the field, which has the focus.
  const problem = async (name, text) => {
    await form.getByRole("button", { name: "Add", exact: true }).click();
    const shown = field(name).locator(".problem", { hasText: text });
    await shown.waitFor();
    const input = field(name).locator("[aria-invalid=true]:focus");
    seen.problems[name] = (await input.getAttribute("aria-describedby")) === (await shown.getAttribute("id"));
  };
  const number = await form.getByLabel("Number").inputValue();
  seen.problems = {};
  await problem("title", "A task needs a title.");
  await form.getByLabel("Title").fill(`Sell lamps, part ${number}`);
  await form.getByLabel("Number").fill("1");
  await problem("number", "Another task of this project has this number.");
  await form.getByLabel("Number").fill("");
  await problem("number", "This is needed.");
  await picture(left, "form");
  await form.getByLabel("Number").fill(number);
  await form.getByLabel("Priority").fill("9");
  await problem("priority", "From 1, the most urgent, to 5.");
  await form.getByLabel("Priority").fill("1");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.waitFor({ state: "detached" });
  await card(column(right, "Backlog"), `WEB-${number}`).waitFor();
  seen.added = await card(column(right, "Backlog"), `WEB-${number}`).getByRole("heading").innerText();
}

async function theListIsFilteredAndPaged(page) {
  await page.getByRole("link", { name: "List" }).click();
  const rows = async () => (await page.locator(".tasks tbody tr").allInnerTexts()).map((text) => text.split("\t")[0].trim());
  const pages = page.getByRole("navigation", { name: "Pages" });
  await pages.waitFor();
  seen.first = await rows();
  await pages.getByRole("button", { name: "Next" }).click();
  await page.locator(".tasks").getByText("WEB-13", { exact: true }).waitFor();
  seen.second = await rows();
  await pages.getByRole("button", { name: "Previous" }).click();
  await page.locator(".tasks").getByText("WEB-1", { exact: true }).waitFor();
  seen.again = await rows();
  await page.getByLabel("Title").fill(seen.added.toUpperCase());
  await pages.getByText("1 task", { exact: true }).waitFor();
  seen.found = await rows();
  await page.getByLabel("Title").fill("100%");
  await page.getByText("No task matches.").waitFor();
  await page.getByLabel("Title").fill("");
  await page.getByLabel("Status", { exact: true }).selectOption({ label: "In progress" });
  await page.getByLabel("Order").selectOption({ label: "Urgency" });
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll(".tasks td[data-label=Status]")].map((cell) => cell.textContent);
    return cells.length > 0 && cells.every((text) => text === "In progress");
  });
  seen.address = new URL(page.url()).search;
  await picture(page, "list");
}

async function coloursFollowTheSystem(page) {
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await background();
  await page.getByLabel("Theme").selectOption("Light");
  seen.colours = { light, dark, chosen: await background() };
  await page.getByLabel("Theme").selectOption("System");
}

// Whether the page fits into a phone's width.
async function narrow(page, search) {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(url + search);
  await page.locator(".project, .card, .tasks tbody tr").first().waitFor();
  await picture(page, `phone${Object.keys(seen.narrow).length}`);
  return page.evaluate(() => document.documentElement.scrollWidth);
}
