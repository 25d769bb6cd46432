// Light, dark, or what the system says. The style sheet names both colours of everything by `light-dark()`.

import { useEffect, useState } from "react";

import { Labelled } from "./Labelled";

const STORED = "board.theme";
const SCHEMES: Record<string, string> = { System: "light dark", Light: "light", Dark: "dark" };

export function Theme() {
  const [theme, setTheme] = useState(() => localStorage.getItem(STORED) ?? "System");
  useEffect(() => {
    document.documentElement.style.colorScheme = SCHEMES[theme] ?? "light dark";
    localStorage.setItem(STORED, theme);
  }, [theme]);
  return (
    <Labelled label="Theme">
      {(id) => (
        <select id={id} value={theme} onChange={(event) => setTheme(event.target.value)}>
          {Object.keys(SCHEMES).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Labelled>
  );
}
