// Be another person with one click: the menu of `glowplug dev`.

import { useGraphiQLActions } from "@graphiql/react";
import { useRef, useState, type FormEvent } from "react";

/** The addresses of `glowplug dev`. */
export interface Addresses {
  people: string;
  token: string;
  diagram: string;
}

interface Person {
  name: string;
  claims: object;
  token: string;
}

/** Who the requests are from: nobody, a sample person by name, or claims of one's own. */
interface Choice {
  name?: string;
  claims?: object;
}

/** In the session's storage, so that two tabs can be two people. */
const STORED = "glowplug.who";

let token: string | undefined;

export function authorization(): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** The sample people, and nobody if they cannot be had. Each start has other tokens, so the choice of an earlier page gets a new one. */
export async function loadPeople(addresses: Addresses): Promise<Person[]> {
  const response = await fetch(addresses.people).catch(() => undefined);
  const people = response?.ok ? ((await response.json()) as { people: Person[] }).people : [];
  const { name, claims } = stored();
  token = people.find((person) => person.name === name)?.token;
  if (claims) token = await sign(addresses.token, claims).catch(() => undefined);
  if (!token) sessionStorage.removeItem(STORED);
  return people;
}

const stored = () => JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Choice;

/** A token with these claims; fails with what the server has against them. */
async function sign(address: string, claims: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify({ claims }) });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { token: string }).token;
}

export function RoleMenu({ people, addresses }: { people: Person[]; addresses: Addresses }) {
  const { introspect } = useGraphiQLActions();
  const [choice, setChoice] = useState(stored);
  const dialog = useRef<HTMLDialogElement>(null);
  const diagram = (
    <a className="diagram" href={addresses.diagram} target="_blank" title="The tables, and who may do what with them">
      Diagram
    </a>
  );
  if (people.length === 0) return diagram;

  function become(choice: Choice, newToken?: string) {
    token = newToken;
    sessionStorage.setItem(STORED, JSON.stringify(choice));
    setChoice(choice);
    // Each role has a schema of its own.
    void introspect();
  }

  function choose(value: string) {
    if (value === "own") return dialog.current?.showModal();
    const person = people[Number(value)];
    become({ name: person?.name }, person?.token);
  }

  const index = people.findIndex(({ name }) => name === choice.name);
  return (
    <>
      {diagram}
      <select
        className="role"
        aria-label="You are"
        title="Requests run as this person, unless the tab Headers has a token of its own"
        value={choice.claims ? "own" : String(index)}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="-1">Without a token</option>
        {people.map((person, number) => (
          <option value={number} key={person.name}>
            {person.name}
          </option>
        ))}
        <option value="own">Own claims…</option>
      </select>
      <dialog className="claims" ref={dialog} aria-label="Own claims">
        <ClaimsForm
          claims={choice.claims ?? people[Math.max(index, 0)]?.claims ?? {}}
          sign={(claims) => sign(addresses.token, claims)}
          onSigned={(claims, token) => {
            become({ claims }, token);
            dialog.current?.close();
          }}
          onCancel={() => dialog.current?.close()}
        />
      </dialog>
    </>
  );
}

interface FormProps {
  claims: object;
  sign(claims: object): Promise<string>;
  onSigned(claims: object, token: string): void;
  onCancel(): void;
}

function ClaimsForm({ claims, sign, onSigned, onCancel }: FormProps) {
  const [problem, setProblem] = useState("");
  // No action of React's: that would put the first claims back after a refusal.
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    try {
      const claims = JSON.parse(String(new FormData(event.currentTarget).get("claims"))) as object;
      onSigned(claims, await sign(claims));
      setProblem("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <form onSubmit={submit}>
      <label>
        What the token says, as JSON
        <textarea name="claims" rows={8} spellCheck={false} defaultValue={JSON.stringify(claims, null, 2)} />
      </label>
      {problem && <p role="alert">{problem}</p>}
      <button type="submit">Become this</button>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </form>
  );
}
