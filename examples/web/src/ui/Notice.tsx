// One line at the bottom of the window that says what has just gone wrong.

import { createContext, useContext, useState, type ReactNode } from "react";

const NoticeContext = createContext<(text: string) => void>(() => {});

/** Shows a text until it is dismissed or another one takes its place. */
export const useNotice = () => useContext(NoticeContext);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const [text, setText] = useState("");
  return (
    <NoticeContext value={setText}>
      {children}
      {/* It is always there: screen readers announce changes of an alert, not new elements. */}
      <div className="notice" role="alert" hidden={!text}>
        <span>{text}</span>
        <button type="button" onClick={() => setText("")}>
          Dismiss
        </button>
      </div>
    </NoticeContext>
  );
}
