// The tasks of a project in columns by status. Whoever moves a task, everybody's board follows.

import { useState } from "react";

import { graphql } from "../gql";
import type { BoardTaskFragment, TaskStatus } from "../gql/graphql";
import { useLiveQuery } from "../live";
import { STATUSES } from "../tasks/status";
import { Failure } from "../ui/Failure";
import { Column } from "./Column";
import { useMove } from "./useMove";

graphql(`
  fragment BoardTask on Task {
    id
    reference
    title
    status
    priority
    dueOn
    updatedAt
    assignee {
      id
      name
    }
  }
`);

const Query = graphql(`
  query Board($projectId: UUID!) {
    taskCollection(
      filter: { projectId: { eq: $projectId } }
      orderBy: [{ priority: AscNullsLast }, { dueOn: AscNullsLast }]
      first: 100
    ) {
      totalCount
      edges {
        node {
          ...BoardTask
        }
      }
    }
  }
`);

const Live = graphql(`
  subscription BoardLive($projectId: UUID!) {
    taskCollection(
      filter: { projectId: { eq: $projectId } }
      orderBy: [{ priority: AscNullsLast }, { dueOn: AscNullsLast }]
      first: 100
    ) {
      totalCount
      edges {
        node {
          ...BoardTask
        }
      }
    }
  }
`);

interface Props {
  project: { id: string };
  onOpen(id: string): void;
}

export function Board({ project, onOpen }: Props) {
  const { data, error } = useLiveQuery(Query, Live, { projectId: project.id });
  const tasks = data?.taskCollection.edges.map(({ node }) => node);
  if (error && !tasks) return <Failure error={error} />;
  if (!tasks) return null;
  return <Columns tasks={tasks} total={data!.taskCollection.totalCount} onOpen={onOpen} />;
}

function Columns({ tasks, total, onOpen }: { tasks: BoardTaskFragment[]; total: number; onOpen: Props["onOpen"] }) {
  const move = useMove();
  // What has changed since the board was opened lights up once. Both times are the database's, so no clocks are compared.
  const [openedAt] = useState(() => newest(tasks));
  // A card that moves is a new element in another column; the keyboard's focus has to follow it.
  const [moved, setMoved] = useState<string>();

  function onMove(task: BoardTaskFragment, status: TaskStatus) {
    setMoved(task.id);
    void move(task, status);
  }

  return (
    <>
      {total > tasks.length && (
        <p className="nothing">
          The first {tasks.length} of {total} tasks; the list has all of them.
        </p>
      )}
      <div className="board">
        {STATUSES.map((status) => (
          <Column
            key={status}
            status={status}
            tasks={tasks.filter((task) => task.status === status)}
            openedAt={openedAt}
            moved={moved}
            onDrop={(id) => {
              const task = tasks.find((task) => task.id === id);
              if (task) onMove(task, status);
            }}
            onMove={onMove}
            onOpen={onOpen}
          />
        ))}
      </div>
    </>
  );
}

const newest = (tasks: BoardTaskFragment[]) => tasks.reduce((newest, { updatedAt }) => (updatedAt > newest ? updatedAt : newest), "");
