import { createClient } from "graphql-sse";

export function subscribe({ address, token, query }, next) {
  const client = createClient({
    url: address,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: Infinity,
  });
  return client.subscribe({ query }, { next, error: console.error, complete() {} });
}
