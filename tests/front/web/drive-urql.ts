// Drives urql with graphcache as docs/front-ends.md sets it up.

import type { CombinedError } from "@urql/core";
import { pipe, subscribe } from "wonka";
import { Rename, Tasks, TasksLive } from "./documents";
import { connect, violated } from "./urql";
import { drive, filter, rows, token, url } from "./steps";

const client = connect(url, token);
const cached = () => client.readQuery(Tasks, { filter })?.data;

async function ask(after: string | null | undefined) {
  const { error } = await client.query(Tasks, { filter, after }).toPromise();
  if (error) throw error;
}

void drive({
  first: () => ask(undefined),
  next: () => ask(cached()?.taskCollection?.pageInfo.endCursor),
  shown: () => rows(cached()),
  async rename(id, title) {
    const { error } = await client.mutation(Rename, { id, title }).toPromise();
    if (error) throw error;
  },
  violated: (error) => violated(error as CombinedError),
  follow(next) {
    const answers = client.subscription(TasksLive, { filter });
    return pipe(answers, subscribe(({ data }) => next(rows(data)))).unsubscribe;
  },
});
