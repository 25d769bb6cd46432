// Live queries: the same fields once as a query and once as a subscription.

import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useQuery } from "@apollo/client/react";
import { useEffect } from "react";

/**
 * The answer of a query, replaced whenever the server has a newer one.
 *
 * Every answer of the subscription is whole, so it takes the place of the one before, in the cache. What is in the cache, mutations
 * can change before the server has answered, which the data of `useSubscription` alone would not show.
 */
export function useLiveQuery<Data, Variables extends OperationVariables>(
  query: TypedDocumentNode<Data, Variables>,
  live: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) {
  // While another page or filter is on its way, the one before stays on the screen.
  const { data, previousData, error, subscribeToMore } = useQuery<Data, OperationVariables>(query, {
    variables,
    fetchPolicy: "cache-and-network",
  });
  const key = JSON.stringify(variables);
  useEffect(
    () =>
      subscribeToMore<Data, OperationVariables>({
        document: live,
        variables: JSON.parse(key) as Variables,
        // The same answer as the query's, but for the name of the type at its root.
        updateQuery: (_, { subscriptionData }) => ({ ...subscriptionData.data, __typename: "Query" }) as Data,
        onError: (reason) => console.error("The live query has ended.", reason),
      }),
    [subscribeToMore, live, key],
  );
  return { data: (data ?? previousData) as Data | undefined, error };
}
