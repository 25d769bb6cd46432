// What graphql-js says of documents: `node verdict.mjs SDL CASES`, where CASES holds one JSON object a line with a document,
// or with a document and variables. Prints one line for each: its first complaint as a JSON string, or null.
import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";
import { getVariableValues } from "graphql/execution/values.js";

const [sdl, cases] = process.argv.slice(2);
const schema = buildSchema(readFileSync(sdl, "utf8"));

// GraphQL specification (September 2025), 5.2.1.1, Operation Type Existence: graphql-js 16 finds it out by execution only.
function withoutRoot(document) {
  const missing = document.definitions.find(
    (definition) => definition.kind === "OperationDefinition" && !schema.getRootType(definition.operation),
  );
  return missing && [{ message: `the schema has no ${missing.operation} type` }];
}

function complaint({ document: text, variables }) {
  try {
    const document = parse(text);
    const errors = withoutRoot(document) ?? validate(schema, document);
    if (errors.length > 0 || variables === undefined) {
      return errors[0]?.message ?? null;
    }
    const operation = document.definitions.find(({ kind }) => kind === "OperationDefinition");
    const values = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    return values.errors?.[0].message ?? null;
  } catch (error) {
    if (error.name !== "GraphQLError") throw error;
    return error.message;
  }
}

const lines = readFileSync(cases, "utf8").split("\n").filter((line) => line !== "");
process.stdout.write(lines.map((line) => `${JSON.stringify(complaint(JSON.parse(line)))}\n`).join(""));
