// Asks twice for the same with Apollo Client's link for persisted queries, and prints what went over the wire.
//
// Usage: node apollo.mjs <url of the endpoint> <GET or POST, for hashes> <document>
import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const [uri, method, source] = process.argv.slice(2);
const sent = [];

// What a request says, and the status of its answer.
async function recording(address, options) {
  const given = options.method === "GET" ? new URL(address).searchParams : new Map(Object.entries(JSON.parse(options.body)));
  const response = await fetch(address, options);
  sent.push({
    method: options.method,
    text: Boolean(given.get("query")),
    hash: JSON.stringify(given.get("extensions") ?? "").includes("sha256Hash"),
    status: response.status,
  });
  return response;
}

const link = new PersistedQueryLink({
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  useGETForHashedQueries: method === "GET",
}).concat(new HttpLink({ uri, fetch: recording }));
const client = new ApolloClient({ link, cache: new InMemoryCache() });
const query = gql(source);
const answers = [];
for (let times = 0; times < 2; times += 1) {
  answers.push((await client.query({ query, fetchPolicy: "no-cache" })).data);
}
process.stdout.write(JSON.stringify({ sent, answers }));
