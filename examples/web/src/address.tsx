// What the page shows is in its address, so that a reload, the back button and a link sent to a colleague all work.

import { createContext, useContext, useEffect, useState, type MouseEvent, type ReactNode } from "react";

/** Parameters to set; `undefined` or an empty text removes one. */
type Changes = Record<string, string | undefined>;

/** Takes filters and pages out of the address. */
export const UNFILTERED = { text: "", status: "", assignee: "", order: "", after: "", before: "" };

export const HOME = { ...UNFILTERED, project: "", view: "" };

interface Address {
  get(name: string): string;
  /** The address with these changes, for `href`. */
  with(changes: Changes): string;
  /** Goes there. Filters replace the address, so that the back button does not walk through every letter. */
  go(changes: Changes, options?: { replace: boolean }): void;
}

const AddressContext = createContext<Address | null>(null);

export function AddressProvider({ children }: { children: ReactNode }) {
  const [search, setSearch] = useState(location.search);
  useEffect(() => {
    const onPopState = () => setSearch(location.search);
    addEventListener("popstate", onPopState);
    return () => removeEventListener("popstate", onPopState);
  }, []);

  const changed = (changes: Changes) => {
    const parameters = new URLSearchParams(search);
    for (const [name, value] of Object.entries(changes)) {
      if (value) parameters.set(name, value);
      else parameters.delete(name);
    }
    return `?${parameters}`;
  };
  const address: Address = {
    get: (name) => new URLSearchParams(search).get(name) ?? "",
    with: changed,
    go(changes, options) {
      const next = changed(changes);
      if (options?.replace) history.replaceState(null, "", next);
      else history.pushState(null, "", next);
      setSearch(next);
    },
  };
  return <AddressContext value={address}>{children}</AddressContext>;
}

export function useAddress(): Address {
  const address = useContext(AddressContext);
  if (!address) throw new Error("useAddress is for components below AddressProvider");
  return address;
}

/** A real link: it can be opened in another tab, and a plain click does not load the page again. */
export function Link({ to, current, children }: { to: Changes; current?: boolean; children: ReactNode }) {
  const address = useAddress();
  function onClick(event: MouseEvent) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    address.go(to);
  }
  return (
    <a href={address.with(to)} onClick={onClick} aria-current={current ? "page" : undefined}>
      {children}
    </a>
  );
}
