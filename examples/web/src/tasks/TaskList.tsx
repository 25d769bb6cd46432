// The tasks of a project as a table: filtered, sorted, and a page at a time.

import { useAddress } from "../address";
import { graphql } from "../gql";
import type { ProjectWithMembersFragment, TaskFilter, TaskOrderBy, TaskStatus } from "../gql/graphql";
import { useLiveQuery } from "../live";
import { Failure } from "../ui/Failure";
import { Choice, containing, Search, Sort } from "../ui/Filters";
import { Pager, usePage } from "../ui/Pager";
import { Due } from "./Due";
import { STATUS_NAMES } from "./status";

graphql(`
  fragment TaskPage on TaskConnection {
    totalCount
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
    edges {
      node {
        id
        reference
        title
        status
        priority
        dueOn
        estimateHours
        assignee {
          id
          name
        }
      }
    }
  }
`);

const Query = graphql(`
  query Tasks(
    $filter: TaskFilter
    $orderBy: [TaskOrderBy!]
    $first: Int
    $after: Cursor
    $last: Int
    $before: Cursor
  ) {
    taskCollection(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      ...TaskPage
    }
  }
`);

const Live = graphql(`
  subscription TasksLive(
    $filter: TaskFilter
    $orderBy: [TaskOrderBy!]
    $first: Int
    $after: Cursor
    $last: Int
    $before: Cursor
  ) {
    taskCollection(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      ...TaskPage
    }
  }
`);

const ORDERS: Record<string, TaskOrderBy> = {
  Number: { number: "AscNullsLast" },
  Urgency: { priority: "AscNullsLast" },
  "Due date": { dueOn: "AscNullsLast" },
  "Last change": { updatedAt: "DescNullsLast" },
  // An order may follow a relation: here the name of another table's row.
  Assignee: { assignee: { name: "AscNullsLast" } },
};

const PAGE = 12;

interface Props {
  project: ProjectWithMembersFragment;
  onOpen(id: string): void;
}

export function TaskList({ project, onOpen }: Props) {
  const address = useAddress();
  const [text, status, assignee] = [address.get("text"), address.get("status"), address.get("assignee")];
  const filter: TaskFilter = {
    projectId: { eq: project.id },
    ...(text && { title: containing(text) }),
    ...(status in STATUS_NAMES && { status: { eq: status as TaskStatus } }),
    ...(assignee && { assigneeId: { eq: assignee } }),
  };
  const orderBy = [ORDERS[address.get("order")] ?? { number: "AscNullsLast" }] satisfies TaskOrderBy[];
  const { data, error } = useLiveQuery(Query, Live, { filter, orderBy, ...usePage(PAGE) });
  const page = data?.taskCollection;
  const members = project.memberships?.edges.flatMap(({ node }) => node.account ?? []) ?? [];

  return (
    <>
      <div className="filters" role="search">
        <Search label="Title" />
        <Choice name="status" label="Status" options={STATUS_NAMES} />
        <Choice name="assignee" label="Assignee" options={Object.fromEntries(members.map(({ id, name }) => [id, name]))} />
        <Sort orders={Object.keys(ORDERS)} />
      </div>
      {error && <Failure error={error} />}
      <table className="tasks">
        <thead>
          <tr>
            <th>Task</th>
            <th>Title</th>
            <th>Status</th>
            <th>Priority</th>
            <th>Assignee</th>
            <th>Due</th>
            <th>Hours</th>
          </tr>
        </thead>
        <tbody>
          {page?.edges.map(({ node: task }) => (
            <tr key={task.id}>
              <td className="code">{task.reference}</td>
              <th scope="row">
                <button type="button" className="plain" onClick={() => onOpen(task.id)}>
                  {task.title}
                </button>
              </th>
              <td data-label="Status">{STATUS_NAMES[task.status]}</td>
              <td data-label="Priority">{task.priority}</td>
              <td data-label="Assignee">{task.assignee?.name}</td>
              <td data-label="Due">{task.dueOn && <Due on={task.dueOn} />}</td>
              <td data-label="Hours">{task.estimateHours}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {page?.totalCount === 0 && <p className="nothing">No task matches.</p>}
      {page && <Pager page={page.pageInfo} total={page.totalCount} one="task" />}
    </>
  );
}
