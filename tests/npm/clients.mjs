// Subscribes with each of the clients that docs/live.md has a snippet for. Each line of the input is a word of the test, each line of
// the output one of a client: `{"client": …, "titles": […]}`, or that it has unsubscribed.
//
// Usage: node clients.mjs <url of the endpoint> <token> <document>

import { createInterface } from "node:readline";

const names = ["graphql-ws", "graphql-sse", "apollo-http", "apollo-ws", "urql"];
const [address, token, query] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const running = await Promise.all(
  names.map(async (client) => {
    const { subscribe } = await import(`./live/${client}.mjs`);
    const unsubscribe = subscribe({ address, token: () => token, query }, ({ data, error, errors }) => {
      if (error ?? errors) process.stderr.write(`${client}: ${error ?? JSON.stringify(errors)}\n`);
      if (data) say({ client, titles: data.taskCollection.edges.map((edge) => edge.node.title) });
    });
    return { client, unsubscribe };
  }),
);

for await (const word of createInterface({ input: process.stdin })) {
  if (word !== "unsubscribe") throw new Error(`what is ${word}?`);
  for (const { client, unsubscribe } of running) {
    unsubscribe();
    say({ client, unsubscribed: true });
  }
}
