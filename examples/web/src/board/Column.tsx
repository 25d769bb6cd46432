import { useState, type DragEvent } from "react";

import type { BoardTaskFragment, TaskStatus } from "../gql/graphql";
import { STATUS_NAMES } from "../tasks/status";
import { Card } from "./Card";

/** The kind of thing that is dragged, so that a column takes cards and nothing else. */
export const DRAGGED = "application/x-task";

interface Props {
  status: TaskStatus;
  tasks: BoardTaskFragment[];
  openedAt: string;
  moved: string | undefined;
  onDrop(id: string): void;
  onMove(task: BoardTaskFragment, status: TaskStatus): void;
  onOpen(id: string): void;
}

export function Column({ status, tasks, openedAt, moved, onDrop, onMove, onOpen }: Props) {
  const [isTarget, setTarget] = useState(false);

  function onDragOver(event: DragEvent) {
    if (!event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    setTarget(true);
  }

  return (
    <section
      className="column"
      aria-labelledby={`column-${status}`}
      data-status={status}
      data-target={isTarget}
      onDragOver={onDragOver}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        setTarget(false);
        onDrop(event.dataTransfer.getData(DRAGGED));
      }}
    >
      <h3 id={`column-${status}`}>
        {STATUS_NAMES[status]} <span className="count">{tasks.length}</span>
      </h3>
      <ul>
        {tasks.map((task) => (
          <li key={task.id}>
            <Card
              task={task}
              isFresh={task.updatedAt > openedAt}
              hasFocus={task.id === moved}
              onMove={(status) => onMove(task, status)}
              onOpen={() => onOpen(task.id)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
