import type { TaskStatus } from "../gql/graphql";

/** The columns of the board, from left to right. A status that the database gets and this has not is an error of the compiler. */
export const STATUS_NAMES: Record<TaskStatus, string> = {
  backlog: "Backlog",
  todo: "To do",
  in_progress: "In progress",
  in_review: "In review",
  done: "Done",
  cancelled: "Cancelled",
};

export const STATUSES = Object.keys(STATUS_NAMES) as TaskStatus[];

/** The time of completion for a task that gets this status now. A constraint of the database ties the two together. */
export const completion = (status: TaskStatus) => (status === "done" ? new Date().toISOString() : null);
