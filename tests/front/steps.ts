// What every client of docs/front-ends.md does in its test: two pages, a change that its cache shows, a change that the database refuses,
// and a live query. Prints what the client had as one JSON object; the test judges it.

export interface Row {
  id: string;
  title: string;
}

export interface Client {
  /** The first page. */
  first(): Promise<unknown>;
  /** The next page; the cache joins both. */
  next(): Promise<unknown>;
  /** What the cache has of the list. */
  shown(): Row[];
  rename(id: string, title: string): Promise<unknown>;
  /** The constraint that an error of `rename` names. */
  violated(error: unknown): unknown;
  /** Subscribes to the first page; stops by what it returns. */
  follow(next: (rows: Row[]) => void): () => void;
}

/** The tasks of one project, by their numbers. */
export const filter = { project: { code: { eq: "WEB" } } };

export const url = process.argv[2];
export const token = () => process.argv[3];
/** The answers of the two pages, in the form that all documents of the page share. */
export const rows = (answer: { taskCollection?: { edges: { node: Row }[] } | null } | null | undefined): Row[] =>
  answer?.taskCollection?.edges.map(({ node }) => ({ id: node.id, title: node.title })) ?? [];

export async function drive(client: Client) {
  const titles = () => client.shown().map(({ title }) => title);
  await client.first();
  const first = titles();
  await client.next();
  const both = titles();
  const { id } = client.shown()[0];
  await client.rename(id, "Renamed");
  const renamed = titles();
  const violated = await client.rename(id, "").then(() => undefined, client.violated);
  const live = await changes(client, () => client.rename(id, "Seen live"));
  console.log(JSON.stringify({ first, both, renamed, violated, live }));
  process.exit();
}

/** The first titles of a live query before and after a change. */
function changes(client: Client, change: () => Promise<unknown>) {
  return new Promise<string[]>((resolve, reject) => {
    const seen: string[] = [];
    const stop = client.follow((rows) => {
      seen.push(rows[0].title);
      if (seen.length === 1) change().catch(reject);
      if (rows[0].title !== "Seen live") return;
      stop();
      resolve(seen);
    });
  });
}
