// The form for a new task, or for one that is there. It checks nothing itself: the database does, and says what is wrong.

import { useMutation, useQuery } from "@apollo/client/react";
import { useEffect, useRef, useState, type FormEvent } from "react";

import { graphql } from "../gql";
import type { ProjectWithMembersFragment } from "../gql/graphql";
import { Failure } from "../ui/Failure";
import { read, toWrite } from "./draft";
import { Fields } from "./Fields";
import { ProblemsContext } from "./Input";
import { problems, type Problems } from "./refused";

const Query = graphql(`
  query TaskForm($id: UUID!, $projectId: UUID!) {
    taskByPk(id: $id) {
      ...TaskForm
    }
    taskCollection(filter: { projectId: { eq: $projectId } }) {
      aggregate {
        max {
          number
        }
      }
    }
  }
  fragment TaskForm on Task {
    id
    reference
    number
    title
    description
    status
    priority
    assigneeId
    estimateHours
    dueOn
  }
`);

const Add = graphql(`
  mutation AddTask($task: TaskInsertInput!) {
    insertIntoTaskCollection(objects: [$task]) {
      affectedCount
    }
  }
`);

const Change = graphql(`
  mutation ChangeTask($id: UUID!, $set: TaskUpdateInput!) {
    updateTaskCollection(set: $set, filter: { id: { eq: $id } }) {
      affectedCount
      records {
        ...TaskForm
      }
    }
  }
`);

/** The id of no task. */
const NONE = "00000000-0000-0000-0000-000000000000";

interface Props {
  project: ProjectWithMembersFragment;
  /** The task; `null` for a new one. */
  id: string | null;
  onClose(): void;
}

export function TaskForm({ project, id, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [refused, setRefused] = useState<Problems>({});
  const [add, adding] = useMutation(Add);
  const [change, changing] = useMutation(Change);
  const variables = { id: id ?? NONE, projectId: project.id };
  const { data, error } = useQuery(Query, { variables, fetchPolicy: "network-only" });
  const task = data?.taskByPk ?? undefined;

  // As a modal dialog the browser keeps the focus inside, closes it by Escape, and gives the focus back.
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [refused]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = toWrite(read(new FormData(event.currentTarget)), task);
    try {
      if (id === null) await add({ variables: { task: { ...values, projectId: project.id } } });
      else {
        const { data } = await change({ variables: { id, set: values } });
        if (!data?.updateTaskCollection.affectedCount) return setRefused({ form: "You may not change this task." });
      }
      // The board and the list need no word of it: they are live.
      dialog.current?.close();
    } catch (error) {
      setRefused(problems(error));
    }
  }

  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="form-title">
      <h2 id="form-title">{id === null ? `New task of ${project.name}` : task?.reference}</h2>
      {error && <Failure error={error} />}
      {data && (
        <ProblemsContext value={refused}>
          <form ref={form} onSubmit={onSubmit} noValidate>
            <Fields project={project} task={task} nextNumber={1 + (data.taskCollection.aggregate?.max?.number ?? 0)} />
            {refused.form && <p className="failure">{refused.form}</p>}
            <div className="buttons">
              <button type="button" onClick={() => dialog.current?.close()}>
                Cancel
              </button>
              <button type="submit" className="primary" disabled={adding.loading || changing.loading}>
                {id === null ? "Add" : "Save"}
              </button>
            </div>
          </form>
        </ProblemsContext>
      )}
    </dialog>
  );
}
