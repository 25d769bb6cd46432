// Drives Apollo Client as docs/front-ends.md sets it up.

import { connect, violated } from "./apollo";
import { Rename, Tasks, TasksLive } from "./documents";
import { drive, filter, rows, token, url } from "./steps";

const client = connect(url, token);
const list = client.watchQuery({ query: Tasks, variables: { filter } });
list.subscribe(() => {});

void drive({
  first: () => client.query({ query: Tasks, variables: { filter } }),
  next: () => list.fetchMore({ variables: { after: list.getCurrentResult().data?.taskCollection?.pageInfo?.endCursor } }),
  shown: () => rows(client.readQuery({ query: Tasks, variables: { filter } })),
  rename: (id, title) => client.mutate({ mutation: Rename, variables: { id, title } }),
  violated,
  follow(next) {
    const answers = client.subscribe({ query: TasksLive, variables: { filter }, fetchPolicy: "no-cache" });
    const subscription = answers.subscribe(({ data }) => next(rows(data)));
    return () => subscription.unsubscribe();
  },
});
