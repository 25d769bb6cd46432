// Pages by cursor: a position in the order, not a number of rows to skip. What is inserted in front moves no row to another page.

import { useAddress } from "../address";

interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

/** The arguments of a connection for the page that the address names. */
export function usePage(size: number) {
  const address = useAddress();
  const [after, before] = [address.get("after"), address.get("before")];
  return before ? { last: size, before } : { first: size, after: after || null };
}

export function Pager({ page, total, one }: { page: PageInfo; total: number; one: string }) {
  const address = useAddress();
  const { hasPreviousPage, hasNextPage, startCursor, endCursor } = page;
  return (
    <nav className="pager" aria-label="Pages">
      <button
        type="button"
        disabled={!hasPreviousPage}
        onClick={() => address.go({ before: startCursor ?? "", after: "" })}
      >
        ← Previous
      </button>
      <span>
        {total} {total === 1 ? one : `${one}s`}
      </span>
      <button
        type="button"
        disabled={!hasNextPage}
        onClick={() => address.go({ after: endCursor ?? "", before: "" })}
      >
        Next →
      </button>
    </nav>
  );
}
