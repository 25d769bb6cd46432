// What graphql-js says of answers: `node answers.mjs SDL CASES`, where CASES holds one JSON object a line with a document, the
// answer's text, and the type of the row that the field `node` gives. Prints one line for each: what is wrong with the answer as
// a JSON string, or null.
//
// graphql-js executes the document over the answer's own data. If that gives the same data without an error, every null,
// list, enum value and number is where the schema lets it be, and fields stand in the order of the selections. Where a field has
// `@semanticNonNull`, its null needs an error that leads to it or below it.
import { readFileSync } from "node:fs";
import { buildSchema, execute, isScalarType, parse, specifiedScalarTypes } from "graphql";

const [sdl, cases] = process.argv.slice(2);
const schema = buildSchema(readFileSync(sdl, "utf8"));

const TEXTS = ["UUID", "Date", "Time", "Datetime", "JSON", "Cursor"];

function leaf(name) {
  return (value) => {
    const isText = typeof value === "string";
    if (TEXTS.includes(name) ? isText : isText || ["number", "boolean"].includes(typeof value)) return value;
    throw new Error(`${name} cannot represent ${JSON.stringify(value)}`);
  };
}

for (const type of Object.values(schema.getTypeMap())) {
  if (isScalarType(type) && !specifiedScalarTypes.includes(type)) type.serialize = leaf(type.name);
}

// The value at a path, null where the path leads through null.
function at(data, path) {
  return path.reduce((value, step) => value?.[step] ?? null, data);
}

// The keys and indexes that lead to a place.
function keysOf(path) {
  return path === undefined ? [] : [...keysOf(path.prev), path.key];
}

function complaint({ document, answer: text, node }) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    return `no JSON: ${error.message}`;
  }
  const errors = answer.errors ?? [];
  if (!("data" in answer)) return errors.length > 0 ? null : "neither data nor errors";
  for (const { path } of errors) {
    if (path && at(answer.data, path) !== null) return `an error at ${path}, where there is a value`;
  }
  if (answer.data === null) return errors.length > 0 ? null : "data is null without an error";
  const unexplained = [];
  const paths = errors.map(({ path }) => `${path},`);
  const result = execute({
    schema,
    document: parse(document),
    rootValue: answer.data,
    fieldResolver: (parent, _arguments, _context, { path, fieldName, parentType }) => {
      const { astNode } = parentType.getFields()[fieldName];
      const isPromised = astNode.directives.some(({ name }) => name.value === "semanticNonNull");
      const keys = keysOf(path);
      if (isPromised && parent[path.key] === null && !paths.some((found) => found.startsWith(`${keys},`))) {
        unexplained.push(keys);
      }
      return parent[path.key];
    },
    typeResolver: () => node,
  });
  if (result.errors) return `${result.errors[0].message} at ${result.errors[0].path}`;
  if (unexplained.length > 0) return `null without an error at ${unexplained[0]}`;
  const [ours, theirs] = [answer.data, result.data].map((data) => JSON.stringify(data));
  return ours === theirs ? null : `by the schema it is ${theirs}`;
}

const lines = readFileSync(cases, "utf8").split("\n").filter((line) => line !== "");
process.stdout.write(lines.map((line) => `${JSON.stringify(complaint(JSON.parse(line)))}\n`).join(""));
