// What an application would write against the starter project; the types come from its schema.graphql.

import { useFragment, type FragmentType } from "./generated/fragment-masking.js";
import { graphql } from "./generated/gql.js";
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";

export const TaskCard = graphql(`
  fragment TaskCard on Task {
    id
    number
    title
    status
    tags
    dueOn
    project { code name }
    assignee { name }
  }
`);

export const OpenTasks = graphql(`
  query OpenTasks($status: TaskStatus!, $first: Int = 20, $after: Cursor) {
    taskCollection(
      filter: { status: { eq: $status } }
      orderBy: [{ priority: AscNullsLast }, { createdAt: DescNullsLast }]
      first: $first
      after: $after
    ) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { cursor node { nodeId ...TaskCard } }
    }
  }
`);

export const Board = graphql(`
  query Board($code: String!) {
    projectCollection(filter: { code: { eq: $code } }, first: 1) {
      edges {
        node {
          name
          budget
          owner { name email }
          tasks(first: 5) { edges { node { title comments { edges { node { body author { name } } } } } } }
        }
      }
    }
  }
`);

export const OneTask = graphql(`
  query OneTask($id: UUID!) {
    taskByPk(id: $id) { ...TaskCard subtasks { edges { node { title } } } }
  }
`);

export const variables: VariablesOf<typeof OpenTasks> = { status: "in_progress", first: 5 };

export function titles(result: ResultOf<typeof OpenTasks>): string[] {
  const edges = result.taskCollection?.edges ?? [];
  return edges.map(({ node }) => title(node));
}

export function title(card: FragmentType<typeof TaskCard>): string {
  const task = useFragment(TaskCard, card);
  return `${task.project?.code ?? "?"}-${task.number} ${task.title} (${task.assignee?.name ?? "nobody"})`;
}

export function names(result: ResultOf<typeof Board>): string[] {
  return (result.projectCollection?.edges ?? []).map(({ node }) => `${node.name}: ${node.owner?.name ?? "hidden"}`);
}

// @ts-expect-error A status that the database does not have is no status.
export const wrong: VariablesOf<typeof OpenTasks> = { status: "unheard_of" };

// @ts-expect-error A field that was not asked for is not in the answer.
export const absent = (result: ResultOf<typeof OneTask>) => result.taskByPk?.description;
