// Compares an introspection answer with graphql-js's on the same SDL: `node introspection.mjs SDL ANSWER`.
// Prints the introspection query without arguments, and differences as JSON with them.
import { readFileSync } from "node:fs";
import { buildClientSchema, buildSchema, getIntrospectionQuery, graphqlSync, lexicographicSortSchema, printSchema } from "graphql";

const source = getIntrospectionQuery({
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
});
const [sdl, answer] = process.argv.slice(2);
if (sdl === undefined) {
  process.stdout.write(source);
  process.exit(0);
}

const schema = buildSchema(readFileSync(sdl, "utf8"));
const theirs = graphqlSync({ schema, source }).data;
const ours = JSON.parse(readFileSync(answer, "utf8")).data;

// Types, directives, their locations and interfaces' possible types are sets.
function byName(list) {
  return Object.fromEntries(list.map((item) => [item.name, item]));
}

function sorted(type) {
  const names = type.possibleTypes?.map(({ name }) => name).sort();
  // The types of introspection itself are the specification's, and libraries order and describe them as they like.
  return type.name.startsWith("__") ? { name: type.name } : { ...type, possibleTypes: names ?? type.possibleTypes };
}

function differences(path, one, other, found) {
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") {
    if (one !== other) found.push(`${path}: graphql-js ${JSON.stringify(one)}, Glowplug ${JSON.stringify(other)}`);
    return found;
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    differences(`${path}.${key}`, one[key] ?? null, other[key] ?? null, found);
  }
  return found;
}

function comparable({ __schema: { types, directives, ...rest } }) {
  const directive = (item) => ({ ...item, locations: [...item.locations].sort() });
  return { ...rest, types: byName(types.map(sorted)), directives: byName(directives.map(directive)) };
}

// graphql-js is ahead of the edition of October 2021: @oneOf came with that of September 2025, and @deprecated on directives
// is later still. A server without such input objects does not offer the one, nor the other without such directives.
theirs.__schema.directives = theirs.__schema.directives.filter(({ name }) => name !== "oneOf");
for (const directive of theirs.__schema.directives) {
  directive.locations = directive.locations.filter((location) => location !== "DIRECTIVE_DEFINITION");
}

const found = differences("", comparable(theirs), comparable(ours), []);
const printed = (from) => printSchema(lexicographicSortSchema(from));
const isSamePrinted = printed(buildClientSchema(ours)) === printed(schema);
process.stdout.write(JSON.stringify({ types: theirs.__schema.types.length, found, isSamePrinted }));
