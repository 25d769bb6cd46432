import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws"; // browsers, and Node.js from version 22 on, have one

export function subscribe({ address, token, query }, next) {
  const socket = createClient({
    url: address.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: Infinity,
  });
  const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  const subscription = client.subscribe({ query: gql(query) }).subscribe({ next, error: console.error });
  return () => subscription.unsubscribe();
}
