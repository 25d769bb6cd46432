// Runs the GraphQL-over-HTTP audits against a server and prints their results as one JSON array.
//
// Usage: node audit.mjs <url of the endpoint>

import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
const results = [];
for (const audit of serverAudits({ url })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
process.stdout.write(JSON.stringify(results));
