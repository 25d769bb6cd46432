// How GraphiQL reaches the API: operations over HTTP, subscriptions over a websocket (graphql-transport-ws).

import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import type { ExecutionResult } from "graphql";
import { createClient } from "graphql-ws";

import { authorization } from "./roles";
import { schemaOf } from "./schema";
import { extensions, takeStatements } from "./sql";

export function createFetcher(endpoint: string, sdl: string | undefined): Fetcher {
  // A websocket says who it is when it opens; it closes with its last subscription.
  let headers: Record<string, string> = {};
  const wsClient = createClient({
    url: new URL(endpoint, location.href).href.replace(/^http/, "ws"),
    connectionParams: () => headers,
  });
  const fetcher = createGraphiQLFetcher({ url: endpoint, wsClient, enableIncrementalDelivery: false });
  return (request, options) => {
    // What the tab *Headers* says counts more than the menu.
    headers = { ...authorization(), ...(options?.headers as Record<string, string> | undefined) };
    const answer = fetcher({ ...request, ...extensions() }, { ...options, headers });
    if (!(answer instanceof Promise)) return answer;
    if (request.operationName !== "IntrospectionQuery") return answer.then(takeStatements);
    return answer.then((schema) => schemaOf(schema as ExecutionResult, sdl, headers)) as typeof answer;
  };
}
