// Who is signed in, and the client that asks as this person.

import type { ApolloClient } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";

import { connect, type Connection } from "./client";

/** A row of `/dev/people`, which only `glowplug dev` has. In your application the token comes from your identity provider. */
interface Person {
  name: string;
  /** What the token says; `sub` is the id of the account. */
  claims: { sub?: string };
  token: string;
}

interface Session {
  people: Person[];
  /** Their name; `null` for a visitor, who sends no token. */
  name: string | null;
  accountId: string | undefined;
  signIn(name: string | null): void;
  connection: Connection;
}

const SessionContext = createContext<Session | null>(null);

/** In the session's storage, so that two tabs can be two people. */
const STORED = "board.person";

export function SessionProvider({ people, children }: { people: Person[]; children: ReactNode }) {
  const [name, setName] = useState(() => sessionStorage.getItem(STORED));
  const [connection, setConnection] = useState<Connection>("connecting");
  const [current, setCurrent] = useState<{ client: ApolloClient; person: Person | undefined }>();
  const person = people.find((person) => person.name === name);

  useEffect(() => {
    const { client, close } = connect(person?.token ?? null, setConnection);
    setCurrent({ client, person });
    return close;
  }, [person]);

  function signIn(name: string | null) {
    if (name === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, name);
    setName(name);
  }

  if (!current) return null;
  const signedIn = { name: current.person?.name ?? null, accountId: current.person?.claims.sub };
  return (
    <SessionContext value={{ people, ...signedIn, signIn, connection }}>
      {/* By its key, another person's page is another page: nothing stays open. */}
      <ApolloProvider client={current.client} key={signedIn.name}>
        {children}
      </ApolloProvider>
    </SessionContext>
  );
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession is for components below SessionProvider");
  return session;
}

/** The sample people; none where the server is not `glowplug dev`. */
export async function loadPeople(): Promise<Person[]> {
  const response = await fetch("/dev/people");
  if (!response.ok) return [];
  return ((await response.json()) as { people: Person[] }).people;
}
