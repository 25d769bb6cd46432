// Which field an error belongs to.

import { CombinedGraphQLErrors } from "@apollo/client";

import { explain } from "../ui/Failure";
import type { Field } from "./draft";

/** Problems by field. Those without a field are about the form as a whole. */
export type Problems = Partial<Record<Field | "form", string>>;

/**
 * The database's constraints, their fields, and what people read. The rule itself is in the database only, where it holds for every
 * client; an error names it in `extensions.constraint`.
 */
const CONSTRAINTS: Record<string, [Field, string]> = {
  task_number_check: ["number", "Numbers begin at 1."],
  task_project_id_number_key: ["number", "Another task of this project has this number."],
  task_title_check: ["title", "A task needs a title."],
  task_priority_check: ["priority", "From 1, the most urgent, to 5."],
  task_estimate_hours_check: ["estimateHours", "No fewer than 0 hours."],
  task_assignee_id_fkey: ["assigneeId", "This person is gone."],
};

/** Columns that may not be null, by `extensions.column`. */
const COLUMNS: Record<string, Field> = { number: "number", priority: "priority", status: "status" };

export function problems(error: unknown): Problems {
  if (!CombinedGraphQLErrors.is(error)) return { form: explain(error) };
  const { constraint, column, code } = error.errors[0]?.extensions ?? {};
  const [field, text] = CONSTRAINTS[constraint as string] ?? [];
  if (field) return { [field]: text };
  const empty = COLUMNS[column as string];
  if (empty) return { [empty]: "This is needed." };
  if (code === "FORBIDDEN") return { form: "You may not add tasks to this project." };
  return { form: explain(error) };
}
