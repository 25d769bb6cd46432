// Composes a supergraph of servers, and asks a gateway of it. Prints `{"errors": […]}` if they do not compose, else the SDL that clients
// see, and for each query the answer with what the gateway has asked for it.
//
// Usage: node federation.mjs <name=url,…> [query …]

import { composeServices } from "@apollo/composition";
import { ApolloGateway } from "@apollo/gateway";
import { parse, printSchema } from "graphql";

const [subgraphs, ...queries] = process.argv.slice(2);
const say = (value) => process.stdout.write(JSON.stringify(value));
const asked = [];

async function ask(url, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return response.json();
}

const services = await Promise.all(
  subgraphs.split(",").map(async (subgraph) => {
    const [name, url] = subgraph.split("=");
    const { data, errors } = await ask(url, { query: "{ _service { sdl } }" });
    if (errors) throw new Error(`${name}: ${JSON.stringify(errors)}`);
    return { name, url, typeDefs: parse(data._service.sdl) };
  }),
);
const { errors, supergraphSdl, hints } = composeServices(services);
if (errors) {
  say({ errors: errors.map((error) => error.message) });
  process.exit(0);
}

const quiet = { debug() {}, info() {}, warn() {}, error: (text) => process.stderr.write(`${text}\n`) };
const gateway = new ApolloGateway({
  supergraphSdl,
  logger: quiet,
  buildService: ({ name, url }) => ({
    process: ({ request }) => {
      const { query, variables } = request;
      asked.push({ name, variables: variables ?? {} });
      return ask(url, { query, variables });
    },
  }),
});
const { schema, executor } = await gateway.load();
const answers = [];
for (const query of queries) {
  asked.length = 0;
  const context = { request: { query, variables: {} }, document: parse(query), queryHash: query, schema };
  const { data, errors } = await executor({ ...context, cache: undefined, context: {}, metrics: {}, logger: quiet });
  answers.push({ data, errors, asked: [...asked] });
}
await gateway.stop();
say({ sdl: printSchema(schema), hints: hints.map((hint) => hint.message), answers });
