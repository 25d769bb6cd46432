// Chooses a sample person in the menu of `dev`: the same query gives other rows, and the schema is another one. Then the same with
// claims of one's own.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node roles.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile> <name of the person>
//   <own claims>

import { join } from "node:path";
import { open, ready } from "./page.mjs";

const [url, browser, folder, name, claims] = process.argv.slice(2);
const seen = {};
const noted = await open(url, browser, folder, async (page, run, noted) => {
  const menu = page.getByLabel("You are");
  // The schema that GraphiQL fetches while `act` runs has mutations, or has none.
  const schema = async (act) => {
    const [response] = await Promise.all([
      page.waitForResponse((answered) => answered.request().postDataJSON()?.operationName === "IntrospectionQuery"),
      act(),
    ]);
    return (await response.json()).data.__schema.mutationType !== null;
  };
  seen.people = await menu.locator("option").allTextContents();
  seen.anyone = await run();
  seen.personWrites = await schema(() => menu.selectOption({ label: name }));
  seen.person = await run();
  await page.screenshot({ path: join(folder, "graphiql-role.png") });
  await page.reload();
  await ready(page);
  seen.kept = await menu.evaluate((select) => select.selectedOptions[0].text);
  seen.reloaded = await run();
  seen.anyoneWrites = await schema(() => menu.selectOption({ index: 0 }));

  const form = page.getByRole("dialog", { name: "Own claims" });
  const become = () => form.getByRole("button", { name: "Become this" }).click();
  await menu.selectOption({ label: "Own claims…" });
  await form.getByRole("textbox").fill('{"role": "postgres"}');
  // The server refuses this with a status, of which the console tells.
  noted.complaints.length = 0;
  await become();
  seen.refused = await form.getByRole("alert").innerText();
  seen.written = await form.getByRole("textbox").inputValue();
  await page.screenshot({ path: join(folder, "graphiql-claims.png") });
  noted.refusals = noted.complaints.splice(0);
  await form.getByRole("textbox").fill(claims);
  seen.ownWrites = await schema(become);
  seen.own = await run();
  await page.reload();
  await ready(page);
  seen.ownReloaded = await run();
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
