// What the form has in it, typed by the schema: a column that is renamed or gets another type is an error of the compiler here.

import type { TaskFormFragment, TaskInsertInput } from "../gql/graphql";
import { completion } from "./status";

export type Draft = Pick<
  TaskInsertInput,
  "number" | "title" | "description" | "status" | "priority" | "assigneeId" | "estimateHours" | "dueOn"
>;

export type Field = keyof Draft;

/** The form's texts as values of the API. An empty field is null. */
export function read(form: FormData): Draft {
  const text = (name: Field) => (form.get(name) as string).trim() || null;
  const number = (name: Field) => (text(name) === null ? null : Number(text(name)));
  return {
    number: number("number"),
    // A title is never null: the empty text reaches the database, whose constraint refuses it.
    title: text("title") ?? "",
    description: text("description"),
    status: text("status") as Draft["status"],
    priority: number("priority"),
    assigneeId: text("assigneeId"),
    estimateHours: text("estimateHours"),
    dueOn: text("dueOn"),
  };
}

/** The values to write, with the time of completion where the status has changed. */
export function toWrite(draft: Draft, before: TaskFormFragment | undefined) {
  const { status } = draft;
  return status && status !== before?.status ? { ...draft, completedAt: completion(status) } : draft;
}
