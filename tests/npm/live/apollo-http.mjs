import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { RetryLink } from "@apollo/client/link/retry";

export function subscribe({ address, token, query }, next) {
  const link = ApolloLink.from([
    new RetryLink({ attempts: { max: Infinity } }),
    new SetContextLink(async () => ({ headers: { authorization: `Bearer ${await token()}` } })),
    new HttpLink({ uri: address }),
  ]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const subscription = client.subscribe({ query: gql(query) }).subscribe({ next, error: console.error });
  return () => subscription.unsubscribe();
}
