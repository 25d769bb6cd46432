import { HOME, Link, useAddress } from "./address";
import { Project } from "./projects/Project";
import { Projects } from "./projects/Projects";
import { useSession } from "./session";
import { Labelled } from "./ui/Labelled";
import { Theme } from "./ui/Theme";

const CONNECTIONS = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost, trying again",
};

export function App() {
  const code = useAddress().get("project");
  return (
    <>
      <Header />
      <main>{code ? <Project code={code} key={code} /> : <Projects />}</main>
    </>
  );
}

function Header() {
  const { people, name, signIn, connection } = useSession();
  return (
    <header className="top">
      <h1>
        <Link to={HOME}>Task board</Link>
      </h1>
      <span className="connection" data-state={connection} role="status">
        {CONNECTIONS[connection]}
      </span>
      <Labelled label="You are" className="person">
        {(id) => (
          <select id={id} value={name ?? ""} onChange={(event) => signIn(event.target.value || null)}>
            <option value="">A visitor, who may only read</option>
            {people.map((person) => (
              <option key={person.name}>{person.name}</option>
            ))}
          </select>
        )}
      </Labelled>
      <Theme />
    </header>
  );
}
