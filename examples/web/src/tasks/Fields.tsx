import type { ProjectWithMembersFragment, TaskFormFragment } from "../gql/graphql";
import { Input } from "./Input";
import { STATUS_NAMES, STATUSES } from "./status";

interface Props {
  project: ProjectWithMembersFragment;
  task: TaskFormFragment | undefined;
  /** For a new task. Two people may be given the same one; the database takes it once. */
  nextNumber: number;
}

export function Fields({ project, task, nextNumber }: Props) {
  const members = project.memberships?.edges.flatMap(({ node }) => node.account ?? []) ?? [];
  return (
    <div className="fields">
      <Input name="title" label="Title">
        {(attributes) => <input {...attributes} defaultValue={task?.title} autoFocus />}
      </Input>
      <Input name="description" label="Description">
        {(attributes) => <textarea {...attributes} rows={3} defaultValue={task?.description ?? ""} />}
      </Input>
      <Input name="number" label="Number">
        {(attributes) => <input {...attributes} type="number" defaultValue={task?.number ?? nextNumber} />}
      </Input>
      <Input name="priority" label="Priority">
        {(attributes) => <input {...attributes} type="number" defaultValue={task?.priority ?? 3} />}
      </Input>
      <Input name="status" label="Status">
        {(attributes) => (
          <select {...attributes} defaultValue={task?.status}>
            {STATUSES.map((status) => (
              <option value={status} key={status}>
                {STATUS_NAMES[status]}
              </option>
            ))}
          </select>
        )}
      </Input>
      <Input name="assigneeId" label="Assignee">
        {(attributes) => (
          <select {...attributes} defaultValue={task?.assigneeId ?? ""}>
            <option value="">Nobody</option>
            {members.map(({ id, name }) => (
              <option value={id} key={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Input>
      <Input name="estimateHours" label="Hours">
        {(attributes) => <input {...attributes} inputMode="decimal" defaultValue={task?.estimateHours ?? ""} />}
      </Input>
      <Input name="dueOn" label="Due">
        {(attributes) => <input {...attributes} type="date" defaultValue={task?.dueOn ?? ""} />}
      </Input>
    </div>
  );
}
