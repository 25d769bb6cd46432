// The schema from the SDL, where the server answers no introspection: `serve` answers it only for schemas whose comment allows it, and shows
// the SDL all the same.

import { buildSchema, introspectionFromSchema, type ExecutionResult } from "graphql";

/** The answer to GraphiQL's introspection, or one that is made of the SDL. Without an SDL, it is the server's, which says what to set. */
export async function schemaOf(answer: ExecutionResult, sdl: string | undefined, headers: Record<string, string>) {
  if (answer.data || !sdl) return answer;
  const response = await fetch(sdl, { headers });
  if (!response.ok) return answer;
  const schema = buildSchema(await response.text(), { assumeValidSDL: true });
  return { data: introspectionFromSchema(schema) };
}
