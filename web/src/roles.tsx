// Be another person with one click: the menu of `glowplug dev`.

import { useGraphiQLActions } from "@graphiql/react";
import { useState } from "react";

interface Person {
  name: string;
  token: string;
}

/** In the session's storage, so that two tabs can be two people. */
const STORED = "glowplug.token";

export function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(STORED);
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** The sample people, and nobody if they cannot be had. The tokens of an earlier start are forgotten. */
export async function loadPeople(address: string): Promise<Person[]> {
  const response = await fetch(address).catch(() => undefined);
  const people = response?.ok ? ((await response.json()) as { people: Person[] }).people : [];
  if (!people.some(({ token }) => token === sessionStorage.getItem(STORED))) sessionStorage.removeItem(STORED);
  return people;
}

export function RoleMenu({ people }: { people: Person[] }) {
  const { introspect } = useGraphiQLActions();
  const [token, setToken] = useState(() => sessionStorage.getItem(STORED) ?? "");
  if (people.length === 0) return null;

  function choose(token: string) {
    if (token) sessionStorage.setItem(STORED, token);
    else sessionStorage.removeItem(STORED);
    setToken(token);
    // Each role has a schema of its own.
    void introspect();
  }

  return (
    <select
      className="role"
      aria-label="You are"
      title="Requests run as this person, unless the tab Headers has a token of its own"
      value={token}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">Without a token</option>
      {people.map((person) => (
        <option value={person.token} key={person.name}>
          {person.name}
        </option>
      ))}
    </select>
  );
}
