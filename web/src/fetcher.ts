// How GraphiQL reaches the API: operations over HTTP, subscriptions over a websocket (graphql-transport-ws).

import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-ws";

import { authorization } from "./roles";

export function createFetcher(endpoint: string): Fetcher {
  // A websocket says who it is when it opens; it closes with its last subscription.
  let headers: Record<string, unknown> = {};
  const wsClient = createClient({
    url: new URL(endpoint, location.href).href.replace(/^http/, "ws"),
    connectionParams: () => headers,
  });
  const fetcher = createGraphiQLFetcher({ url: endpoint, wsClient });
  return (request, options) => {
    // What the tab *Headers* says counts more than the menu.
    headers = { ...authorization(), ...options?.headers };
    return fetcher(request, { ...options, headers });
  };
}
