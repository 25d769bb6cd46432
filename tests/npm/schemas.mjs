// Says what graphql-js has against schemas: `node schemas.mjs FOLDER`. Prints one JSON list of complaints, each with its file.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, validateSchema } from "graphql";

const [folder] = process.argv.slice(2);
const complaints = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".graphql"))) {
  try {
    const schema = buildSchema(readFileSync(join(folder, file), "utf8"));
    complaints.push(...validateSchema(schema).map(({ message }) => `${file}: ${message}`));
  } catch ({ message }) {
    complaints.push(`${file}: ${message}`);
  }
}
process.stdout.write(JSON.stringify(complaints));
