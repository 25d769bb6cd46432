// What the operation becomes, in `glowplug dev`: the SQL of each field with its values, and PostgreSQL's plan. The server sends it with the
// answer while the panel is open; it is not shown there.

import type { GraphiQLPlugin } from "@graphiql/react";
import { useEffect, useSyncExternalStore } from "react";

/** A statement, as `extensions.glowplug.explain` has it. */
interface Statement {
  field: string;
  sql: string;
  values: (string | null)[];
  plan?: [{ Plan: PlanNode }];
  error?: string;
}

interface PlanNode {
  "Node Type": string;
  "Plan Rows": number;
  "Total Cost": number;
  Plans?: PlanNode[];
  [property: string]: unknown;
}

/** The extension of requests and of answers. */
interface Extended {
  extensions?: { glowplug?: { explain?: Statement[] } };
}

let isOpen = false;
let statements: Statement[] | undefined;
const listeners = new Set<() => void>();

/** What a request says to get its SQL; nothing while nobody looks at it. */
export const extensions = () => (isOpen ? { extensions: { glowplug: { explain: true } } } : {});

/** Takes the SQL out of an answer, so that the answer is the one that every client gets. */
export function takeStatements<T>(answer: T): T {
  const { extensions: extension, ...rest } = answer as T & Extended;
  if (!extension?.glowplug?.explain) return answer;
  statements = extension.glowplug.explain;
  listeners.forEach((listener) => listener());
  return rest as T;
}

export const SQL_PLUGIN: GraphiQLPlugin = { title: "SQL and plan", icon: Icon, content: Panel };

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden>
      <ellipse cx="12" cy="5.5" rx="8" ry="3" />
      <path d="M4 5.5v13c0 1.7 3.6 3 8 3s8-1.3 8-3v-13M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3" />
    </svg>
  );
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function Panel() {
  const shown = useSyncExternalStore(subscribe, () => statements);
  useEffect(() => {
    isOpen = true;
    return () => void (isOpen = false);
  }, []);
  return (
    <section className="sql" aria-label="SQL and plan">
      <h2>SQL and plan</h2>
      {shown === undefined && <p>Run an operation to see what it becomes.</p>}
      {shown?.length === 0 && <p>This operation asks the database for nothing.</p>}
      {shown?.map((statement, index) => <Explained statement={statement} key={index} />)}
    </section>
  );
}

function Explained({ statement: { field, sql, values, plan, error } }: { statement: Statement }) {
  return (
    <article>
      <h3>{field}</h3>
      <pre className="statement">{sql}</pre>
      {values.length > 0 && (
        <ol>
          {values.map((value, index) => (
            <li key={index}>{value === null ? <em>null</em> : <code>{value}</code>}</li>
          ))}
        </ol>
      )}
      {plan ? <pre className="plan">{lines(plan[0].Plan, 0).join("\n")}</pre> : <p role="alert">{error}</p>}
    </article>
  );
}

/** A plan in the form of psql: a line for each node, and one for each of its conditions. */
function lines(node: PlanNode, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const index = node["Index Name"] ? ` using ${node["Index Name"]}` : "";
  const table = node["Relation Name"] ? ` on ${node["Relation Name"]}` : "";
  const estimate = `(cost ${node["Total Cost"]}, rows ${node["Plan Rows"]})`;
  const conditions = Object.entries(node).filter(([name]) => /(Cond|Filter|Key)$/.test(name));
  return [
    `${indent}${node["Node Type"]}${index}${table}  ${estimate}`,
    ...conditions.map(([name, value]) => `${indent}    ${name}: ${Array.isArray(value) ? value.join(", ") : value}`),
    ...(node.Plans ?? []).flatMap((below) => lines(below, depth + 1)),
  ];
}
