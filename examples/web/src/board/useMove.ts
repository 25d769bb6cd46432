// Moving a task: shown at once, and taken back if the database does not agree.

import { useMutation } from "@apollo/client/react";

import { graphql } from "../gql";
import type { BoardTaskFragment, TaskStatus } from "../gql/graphql";
import { completion, STATUS_NAMES } from "../tasks/status";
import { explain } from "../ui/Failure";
import { useNotice } from "../ui/Notice";

const Move = graphql(`
  mutation MoveTask($id: UUID!, $status: TaskStatus!, $completedAt: Datetime) {
    updateTaskCollection(set: { status: $status, completedAt: $completedAt }, filter: { id: { eq: $id } }) {
      affectedCount
      records {
        id
        status
        updatedAt
      }
    }
  }
`);

export function useMove() {
  const notice = useNotice();
  const [mutate] = useMutation(Move);

  return async function move(task: BoardTaskFragment, status: TaskStatus) {
    if (task.status === status) return;
    const { __typename, id, reference, updatedAt } = task;
    const refused = (why: string) => notice(`${reference} stays in ${STATUS_NAMES[task.status]}: ${why}`);
    try {
      const { data } = await mutate({
        variables: { id, status, completedAt: completion(status) },
        // Apollo puts this over its cache until the answer is there. Then it takes it away, whatever the answer is: where
        // nothing was updated, the task is back in its column without a line of code.
        optimisticResponse: {
          __typename: "Mutation",
          updateTaskCollection: {
            __typename: "TaskUpdateResponse",
            affectedCount: 1,
            records: [{ __typename, id, status, updatedAt }],
          },
        },
      });
      // A policy hides a row from those who may not change it. So that is no error, but an update of no rows.
      if (data?.updateTaskCollection.affectedCount === 0) refused("you may not change tasks of this project.");
    } catch (error) {
      refused(explain(error));
    }
  };
}
