// Says for each case, a line of a file, whether its value is valid by its JSON Schema.
//
// Usage: node schemas_of_tools.mjs <file with one {"schema": …, "value": …} a line>

import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

const ajv = new Ajv2020.default({ strict: false, validateFormats: false, addUsedSchema: false });
const lines = readFileSync(process.argv[2], "utf8").split("\n");
const verdicts = lines.map((line) => {
  const { schema, value } = JSON.parse(line);
  return ajv.validateSchema(schema) === true && ajv.compile(schema)(value);
});
process.stdout.write(JSON.stringify(verdicts));
