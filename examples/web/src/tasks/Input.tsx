// A labelled field with its problem beside it, which screen readers read together with the field.

import { createContext, useContext, useId, type ReactNode } from "react";

import type { Field } from "./draft";
import type { Problems } from "./refused";

export const ProblemsContext = createContext<Problems>({});

/** What every input element of the field needs. */
interface Attributes {
  id: string;
  name: Field;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface Props {
  name: Field;
  label: string;
  children(attributes: Attributes): ReactNode;
}

export function Input({ name, label, children }: Props) {
  const problem = useContext(ProblemsContext)[name];
  const id = useId();
  const problemId = problem ? `${id}-problem` : undefined;
  return (
    <div className="field" data-field={name}>
      <label htmlFor={id}>{label}</label>
      {children({ id, name, "aria-invalid": problem !== undefined, "aria-describedby": problemId })}
      {problem && (
        <p className="problem" id={problemId}>
          {problem}
        </p>
      )}
    </div>
  );
}
