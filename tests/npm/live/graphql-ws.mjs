import { createClient } from "graphql-ws";
import WebSocket from "ws"; // browsers, and Node.js from version 22 on, have one

export function subscribe({ address, token, query }, next) {
  const client = createClient({
    url: address.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: Infinity,
  });
  return client.subscribe({ query }, { next, error: console.error, complete() {} });
}
