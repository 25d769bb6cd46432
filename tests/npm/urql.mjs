// Asks once with urql, and prints the method that it has sent the document by, the status, and the answer.
//
// Usage: node urql.mjs <url of the endpoint> <headers as JSON> <document>

import { Client, fetchExchange } from "@urql/core";

const [url, headers, document] = process.argv.slice(2);
const sent = [];

async function recording(address, options) {
  const response = await fetch(address, options);
  sent.push({ method: options.method ?? "GET", status: response.status });
  return response;
}

const client = new Client({
  url,
  exchanges: [fetchExchange],
  fetch: recording,
  fetchOptions: { headers: JSON.parse(headers) },
});
const { data, error } = await client.query(document, {}).toPromise();
process.stdout.write(JSON.stringify({ sent, data, error: error?.message }));
