// The projects that the person may see, a page at a time. How far they are changes live.

import { Link, UNFILTERED, useAddress } from "../address";
import { graphql } from "../gql";
import type { ProjectCardFragment, ProjectFilter, ProjectOrderBy } from "../gql/graphql";
import { useLiveQuery } from "../live";
import { Failure } from "../ui/Failure";
import { containing, Search, Sort } from "../ui/Filters";
import { Pager, usePage } from "../ui/Pager";

graphql(`
  fragment ProjectPage on ProjectConnection {
    totalCount
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
    edges {
      node {
        ...ProjectCard
      }
    }
  }
  fragment ProjectCard on Project {
    id
    code
    name
    description
    isArchived
    isPublic
    owner {
      id
      name
    }
    progress {
      edges {
        node {
          taskCount
          doneCount
        }
      }
    }
  }
`);

const Query = graphql(`
  query Projects(
    $filter: ProjectFilter
    $orderBy: [ProjectOrderBy!]
    $first: Int
    $after: Cursor
    $last: Int
    $before: Cursor
  ) {
    projectCollection(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      ...ProjectPage
    }
  }
`);

const Live = graphql(`
  subscription ProjectsLive(
    $filter: ProjectFilter
    $orderBy: [ProjectOrderBy!]
    $first: Int
    $after: Cursor
    $last: Int
    $before: Cursor
  ) {
    projectCollection(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      ...ProjectPage
    }
  }
`);

const ORDERS: Record<string, ProjectOrderBy> = {
  Name: { name: "AscNullsLast" },
  Code: { code: "AscNullsLast" },
  Newest: { createdAt: "DescNullsLast" },
};

const PAGE = 4;

export function Projects() {
  const address = useAddress();
  const text = address.get("text");
  const filter: ProjectFilter = text ? { name: containing(text) } : {};
  const orderBy = [ORDERS[address.get("order")] ?? { name: "AscNullsLast" }] satisfies ProjectOrderBy[];
  const { data, error } = useLiveQuery(Query, Live, { filter, orderBy, ...usePage(PAGE) });
  const page = data?.projectCollection;

  return (
    <>
      <div className="bar">
        <h2>Projects</h2>
        <div className="filters" role="search">
          <Search label="Name" />
          <Sort orders={Object.keys(ORDERS)} />
        </div>
      </div>
      {error && <Failure error={error} />}
      <ul className="projects">
        {page?.edges.map(({ node }) => (
          <ProjectCard project={node} key={node.id} />
        ))}
      </ul>
      {page?.totalCount === 0 && <p className="nothing">No project matches.</p>}
      {page && <Pager page={page.pageInfo} total={page.totalCount} one="project" />}
    </>
  );
}

function ProjectCard({ project }: { project: ProjectCardFragment }) {
  const progress = project.progress?.edges[0]?.node;
  // A bigint is a string in JSON, because it may have more digits than JavaScript's numbers keep.
  const [done, all] = [Number(progress?.doneCount ?? 0), Number(progress?.taskCount ?? 0)];
  return (
    <li className="project">
      <h3>
        <Link to={{ ...UNFILTERED, project: project.code }}>{project.name}</Link>
      </h3>
      <p className="facts">
        <span className="code">{project.code}</span>
        <span>{project.isPublic ? "Public" : "Members only"}</span>
        {project.isArchived && <span>Archived</span>}
      </p>
      <p>{project.description}</p>
      <progress max={all || 1} value={done} aria-label={`${done} of ${all} tasks done`} />
      <p className="facts">
        <span>
          {done} of {all} done
        </span>
        <span>{project.owner?.name}</span>
      </p>
    </li>
  );
}
