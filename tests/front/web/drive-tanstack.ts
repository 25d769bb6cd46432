// Drives TanStack Query as docs/front-ends.md sets it up; its live query comes by graphql-sse.

import { InfiniteQueryObserver, MutationObserver, QueryClient } from "@tanstack/react-query";
import { createClient } from "graphql-sse";
import { TasksLive } from "./documents";
import type { TasksLiveSubscription } from "./gql/graphql";
import { connect, Refused } from "./request";
import { rename, tasks } from "./tanstack";
import { drive, filter, rows, token, url, type Row } from "./steps";

const request = connect(url, token, "ids");
const cache = new QueryClient();
const list = new InfiniteQueryObserver(cache, tasks(request, filter));
const change = new MutationObserver(cache, rename(request, cache));

void drive({
  first: () => list.refetch(),
  next: () => list.fetchNextPage(),
  shown: () => cache.getQueryData(tasks(request, filter).queryKey)?.pages.flatMap(rows) ?? [],
  rename: (id, title) => change.mutate({ id, title }),
  violated: (error) => (error instanceof Refused ? error.errors[0].extensions.constraint : undefined),
  follow(next: (rows: Row[]) => void) {
    const client = createClient({ url, headers: () => ({ authorization: `Bearer ${token()}` }) });
    const documentId = (TasksLive as { __meta__?: { hash: string } }).__meta__!.hash;
    const message = { query: "", documentId, variables: { filter } };
    return client.subscribe<TasksLiveSubscription>(message, {
      next: ({ data }) => next(rows(data)),
      error: console.error,
      complete() {},
    });
  },
});
