// Sends the documents of gql.tada in docs/front-ends.md by their ids, with the types that its plugin infers. Prints the titles of two pages,
// and the title that a change returns.

import type { ResultOf, TadaDocumentNode, VariablesOf } from "gql.tada";
import { Rename, Tasks } from "./documents";

const [url, token] = process.argv.slice(2);

async function send<R, V>(document: TadaDocumentNode<R, V>, variables: V): Promise<R> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const body = JSON.stringify({ documentId: (document as { documentId?: string }).documentId, variables });
  const { data, errors } = await (await fetch(url, { method: "POST", headers, body })).json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

const titles = (page: ResultOf<typeof Tasks>): string[] => page.taskCollection?.edges.map(({ node }) => node.title) ?? [];
// @ts-expect-error A field that was not asked for is not in the answer.
export const absent = (page: ResultOf<typeof Tasks>) => page.taskCollection?.edges[0].node.status;
// @ts-expect-error A UUID is a string.
export const wrong: VariablesOf<typeof Rename> = { id: 7, title: "x" };

async function main() {
  const filter = { project: { code: { eq: "WEB" } } };
  const first = await send(Tasks, { filter });
  const next = await send(Tasks, { filter, after: first.taskCollection?.pageInfo.endCursor });
  const id = first.taskCollection!.edges[0].node.id;
  const { updateTaskCollection } = await send(Rename, { id, title: "Renamed" });
  console.log(JSON.stringify({ first: titles(first), next: titles(next), renamed: updateTaskCollection.records }));
}

void main();
