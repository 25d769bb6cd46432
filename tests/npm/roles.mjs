// Chooses a sample person in the menu of `dev`: the same query gives other rows, and the schema is another one.
// Prints what it saw as one JSON object; the test judges it.
//
// Usage: node roles.mjs <url of the page> <the browser's executable> <folder for the pictures and the profile> <name of the person>

import { join } from "node:path";
import { open, ready } from "./page.mjs";

const [url, browser, folder, name] = process.argv.slice(2);
const seen = {};
const noted = await open(url, browser, folder, async (page, run) => {
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
});
process.stdout.write(JSON.stringify({ ...noted, ...seen }));
