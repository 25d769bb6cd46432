import { useId, type ReactNode } from "react";

interface Props {
  label: string;
  className?: string;
  children(id: string): ReactNode;
}

/** A label beside its field. The field is not inside it: a menu's options would be read as part of the label. */
export function Labelled({ label, className = "", children }: Props) {
  const id = useId();
  return (
    <div className={`choice ${className}`}>
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}
