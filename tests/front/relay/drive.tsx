// Drives Relay as docs/front-ends.md sets it up: its component on React's test renderer, and a fragment that is fetched again by its row's
// global id.

import { Suspense } from "react";
import { fetchQuery, graphql, RelayEnvironmentProvider, useLazyLoadQuery } from "react-relay";
import { act, create } from "react-test-renderer";
import { commitMutation, requestSubscription, type GraphQLTaggedNode, type PayloadError } from "relay-runtime";
import taskAgain, { type driveTaskAgain } from "./__generated__/driveTaskAgain.graphql";
import type { driveFirstQuery } from "./__generated__/driveFirstQuery.graphql";
import type { driveLiveSubscription } from "./__generated__/driveLiveSubscription.graphql";
import type { driveListQuery } from "./__generated__/driveListQuery.graphql";
import type { driveRenameMutation } from "./__generated__/driveRenameMutation.graphql";
import { connect } from "./environment";
import { drive, filter, token, url } from "./steps";
import { TaskList } from "./TaskList";

const First = graphql`
  query driveFirstQuery($filter: TaskFilter) {
    taskCollection(filter: $filter, orderBy: [{ number: AscNullsLast }], first: 1) {
      edges { node { nodeId ...drive_task } }
    }
  }
`;

void graphql`
  fragment drive_task on Task @refetchable(queryName: "driveTaskAgain") { number title }
`;

const Rename = graphql`
  mutation driveRenameMutation($id: ID!, $title: String!) {
    updateTaskCollection(filter: { nodeId: { eq: $id } }, set: { title: $title }) { records { title } }
  }
`;

const Live = graphql`
  subscription driveLiveSubscription($filter: TaskFilter) {
    taskCollection(filter: $filter, orderBy: [{ number: AscNullsLast }], first: 3) { edges { node { nodeId title } } }
  }
`;

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
const environment = connect(url, token);

function List() {
  const query = graphql`query driveListQuery($filter: TaskFilter) { ...TaskList_query @arguments(filter: $filter) }`;
  return <TaskList query={useLazyLoadQuery<driveListQuery>(query, { filter })} />;
}

const page = (
  <RelayEnvironmentProvider environment={environment}>
    <Suspense>
      <List />
    </Suspense>
  </RelayEnvironmentProvider>
);
let rendered: ReturnType<typeof create>;
let nodeId: string;
const items = () => rendered.root.findAllByType("li").map(({ children }) => children.join(""));

/** Waits until the list has so many items. */
async function items_are(count: number) {
  while (items().length !== count) await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
}

/** What Glowplug's errors have, and Relay's type does not name. */
type Extended = PayloadError & { extensions?: { constraint?: string } };

/** The error with the answer's errors, wherever Relay has them. */
class Refused extends Error {
  constructor(readonly errors: readonly Extended[]) {
    super(errors[0].message);
  }
}

function change(mutation: GraphQLTaggedNode, variables: driveRenameMutation["variables"]) {
  return new Promise<void>((resolve, reject) => {
    commitMutation<driveRenameMutation>(environment, {
      mutation,
      variables,
      onCompleted: (_, errors) => (errors?.length ? reject(new Refused(errors)) : resolve()),
      onError: (error) => reject(new Refused((error as unknown as { source: Refused }).source.errors)),
    });
  });
}

void drive({
  async first() {
    const answer = await fetchQuery<driveFirstQuery>(environment, First, { filter }).toPromise();
    nodeId = answer!.taskCollection!.edges[0].node.nodeId;
    await act(() => void (rendered = create(page)));
    await items_are(3);
  },
  async next() {
    await act(() => rendered.root.findByType("button").props.onClick());
    await items_are(6);
  },
  shown: () => items().map((title) => ({ id: nodeId, title })),
  async rename(id, title) {
    await act(() => change(Rename, { id, title }));
    const variables = { nodeId: id };
    const again = await fetchQuery<driveTaskAgain>(environment, taskAgain, variables).toPromise();
    if (!again?.node) throw new Error("the fragment is fetched again by its row's id");
  },
  violated: (error) => (error as Refused).errors[0].extensions?.constraint,
  follow(next) {
    const subscription = requestSubscription<driveLiveSubscription>(environment, {
      subscription: Live,
      variables: { filter },
      onNext: (answer) =>
        next(answer!.taskCollection!.edges.map(({ node }) => ({ id: node.nodeId, title: node.title }))),
      onError: console.error,
    });
    return () => subscription.dispose();
  },
});
