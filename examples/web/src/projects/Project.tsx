// One project: its board or its list of tasks, and the form for one of them.

import { useQuery } from "@apollo/client/react";
import { useState } from "react";

import { HOME, Link, UNFILTERED, useAddress } from "../address";
import { Board } from "../board/Board";
import { graphql } from "../gql";
import { useSession } from "../session";
import { TaskForm } from "../tasks/TaskForm";
import { TaskList } from "../tasks/TaskList";
import { Failure } from "../ui/Failure";

const Query = graphql(`
  query Project($code: String!) {
    projectCollection(filter: { code: { eq: $code } }, first: 1) {
      edges {
        node {
          ...ProjectWithMembers
        }
      }
    }
  }
  fragment ProjectWithMembers on Project {
    id
    code
    name
    memberships(first: 100) {
      edges {
        node {
          role
          account {
            id
            name
          }
        }
      }
    }
  }
`);

export function Project({ code }: { code: string }) {
  const { data, error } = useQuery(Query, { variables: { code } });
  const { accountId } = useSession();
  // The id of the task in the form; `null` for a new task, `undefined` while the form is closed.
  const [open, setOpen] = useState<string | null>();
  const isList = useAddress().get("view") === "list";
  if (error) return <Failure error={error} />;
  if (!data) return null;
  const project = data.projectCollection.edges[0]?.node;
  // A project that the person may not see is one that is not there: the database never says which of the two it is.
  if (!project) return <p className="nothing">There is no project {code} that you may see.</p>;
  const role = project.memberships?.edges.find(({ node }) => node.account?.id === accountId)?.node.role;

  return (
    <>
      <div className="bar">
        <h2>
          <span className="back">
            <Link to={HOME}>Projects</Link> /{" "}
          </span>
          {project.name}
          <small>{role ? `you are ${role} here` : "you are no member"}</small>
        </h2>
        <nav className="tabs" aria-label="Views">
          <Link to={{ ...UNFILTERED, view: "" }} current={!isList}>
            Board
          </Link>
          <Link to={{ view: "list" }} current={isList}>
            List
          </Link>
        </nav>
        <button type="button" className="primary" onClick={() => setOpen(null)}>
          New task
        </button>
      </div>
      {isList ? <TaskList project={project} onOpen={setOpen} /> : <Board project={project} onOpen={setOpen} />}
      {open !== undefined && <TaskForm project={project} id={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}
