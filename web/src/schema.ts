// The schema from the SDL, where the server answers no introspection: `serve` answers it only for schemas whose comment allows it, and shows
// the SDL all the same. And the order of its types, which GraphiQL shows as it comes.

import { buildSchema, introspectionFromSchema, type ExecutionResult, type IntrospectionQuery, type IntrospectionType } from "graphql";

/**
 * The answer to GraphiQL's introspection, or one that is made of the SDL, with its types in order. Without an SDL, it is the server's, which
 * says what to set.
 */
export async function schemaOf(answer: ExecutionResult, sdl: string | undefined, headers: Record<string, string>) {
  if (answer.data) return { ...answer, data: inOrder(answer.data as unknown as IntrospectionQuery) };
  if (!sdl) return answer;
  const response = await fetch(sdl, { headers });
  if (!response.ok) return answer;
  const schema = buildSchema(await response.text(), { assumeValidSDL: true });
  return { data: inOrder(introspectionFromSchema(schema)) };
}

const KINDS = ["OBJECT", "INTERFACE", "UNION", "INPUT_OBJECT", "ENUM", "SCALAR"];

/** The root types, then those of rows, then the rest by kind; each by name. */
function inOrder({ __schema: schema }: IntrospectionQuery): IntrospectionQuery {
  const roots = [schema.queryType, schema.mutationType, schema.subscriptionType].map((type) => type?.name);
  const rank = (type: IntrospectionType) => {
    const { name, kind } = type;
    if (roots.includes(name)) return roots.indexOf(name);
    return roots.length + (isRow(type) ? 0 : 1 + KINDS.indexOf(kind));
  };
  const byName = (one: IntrospectionType, other: IntrospectionType) => (one.name < other.name ? -1 : 1);
  const types = [...schema.types].sort((one, other) => rank(one) - rank(other) || byName(one, other));
  return { __schema: { ...schema, types } };
}

const isRow = (type: IntrospectionType) => type.kind === "OBJECT" && type.interfaces.some(({ name }) => name === "Node");
