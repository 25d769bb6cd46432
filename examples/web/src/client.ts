// The one GraphQL client: queries and mutations over HTTP, live queries over a websocket, every document by its id.

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { OperationTypeNode, print, type DocumentNode } from "graphql";
import { createClient, type Client as Socket } from "graphql-ws";

/** Whether live answers arrive. */
export type Connection = "connecting" | "live" | "lost";

/** A client for one person. Another person gets another client, and with it an empty cache. */
export function connect(token: string | null, onConnection: (state: Connection) => void) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const socket = createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: headers,
    // Come back whenever the server has restarted or the network was away. Each subscription then begins with a full answer, so
    // nothing is missed.
    retryAttempts: Infinity,
    // Notice a connection that is gone without a word.
    keepAlive: 10_000,
    on: {
      connecting: (isRetry) => onConnection(isRetry ? "lost" : "connecting"),
      connected: () => onConnection("live"),
      closed: () => onConnection("lost"),
    },
  });
  const http = new HttpLink({ uri: "/graphql", headers });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    liveLink(socket),
    http,
  );
  const client = new ApolloClient({ link: ApolloLink.from([persisted(), link]), cache: new InMemoryCache() });
  function close() {
    client.stop();
    void socket.dispose();
  }
  return { client, close };
}

/**
 * Sends the id that graphql-codegen gave the document. A server with the list of documents needs no more, and runs nothing else
 * if it was started with `--documents listed`. One without the list says so once, and gets texts from then on.
 */
function persisted() {
  return new PersistedQueryLink({
    generateHash: (document) => (document as Identified).__meta__.hash,
    disable: ({ meta }) => meta.persistedQueryNotFound || meta.persistedQueryNotSupported,
  });
}

type Identified = DocumentNode & { __meta__: { hash: string } };

/** Like Apollo's `GraphQLWsLink`, which would send the text beside the id. */
function liveLink(socket: Socket) {
  return new ApolloLink((operation) => {
    const { operationName, variables, extensions, query } = operation;
    // Set by the link of persisted documents.
    const text = operation.getContext().http?.includeQuery === false ? "" : print(query);
    return new Observable<ApolloLink.Result>((observer) =>
      socket.subscribe({ operationName, variables, extensions, query: text }, {
        next: (answer) => observer.next(answer as ApolloLink.Result),
        complete: () => observer.complete(),
        error: (reason) => {
          // A refused operation arrives as a list of GraphQL errors, which is an answer like others.
          if (!Array.isArray(reason)) return observer.error(reason);
          observer.next({ errors: reason } as ApolloLink.Result);
          observer.complete();
        },
      }),
    );
  });
}
