import { useEffect, useRef } from "react";

import type { BoardTaskFragment, TaskStatus } from "../gql/graphql";
import { Due } from "../tasks/Due";
import { STATUS_NAMES, STATUSES } from "../tasks/status";
import { DRAGGED } from "./Column";

interface Props {
  task: BoardTaskFragment;
  /** Whether it has changed since the board was opened. */
  isFresh: boolean;
  /** Whether the person has just moved it. */
  hasFocus: boolean;
  onMove(status: TaskStatus): void;
  onOpen(): void;
}

/** One task. It can be dragged to another column; the menu does the same by keyboard and on a phone. */
export function Card({ task, isFresh, hasFocus, onMove, onOpen }: Props) {
  const menu = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    if (hasFocus) menu.current?.focus();
  }, [hasFocus]);

  return (
    <article
      className="card"
      data-fresh={isFresh}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData(DRAGGED, task.id);
        event.dataTransfer.effectAllowed = "move";
      }}
    >
      <p className="facts">
        <span className="code">{task.reference}</span>
        <span className="priority" data-priority={task.priority} title={`Priority ${task.priority} of 5`}>
          P{task.priority}
        </span>
      </p>
      <h4>
        <button type="button" className="plain" onClick={onOpen}>
          {task.title}
        </button>
      </h4>
      <p className="facts">
        <span>{task.assignee?.name ?? "Unassigned"}</span>
        {task.dueOn && <Due on={task.dueOn} />}
      </p>
      <select
        ref={menu}
        aria-label={`Status of ${task.reference}`}
        value={task.status}
        onChange={(event) => onMove(event.target.value as TaskStatus)}
      >
        {STATUSES.map((status) => (
          <option value={status} key={status}>
            {STATUS_NAMES[status]}
          </option>
        ))}
      </select>
    </article>
  );
}
