import { CombinedGraphQLErrors } from "@apollo/client";

/** What people read of an error. */
export function explain(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) return error.errors[0]?.message ?? "The server refused that.";
  return error instanceof Error ? error.message : String(error);
}

export function Failure({ error }: { error: unknown }) {
  return (
    <p className="failure" role="alert">
      {explain(error)}
    </p>
  );
}
