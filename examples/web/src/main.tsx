import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { AddressProvider } from "./address";
import { loadPeople, SessionProvider } from "./session";
import { NoticeProvider } from "./ui/Notice";
import "./style.css";

const people = await loadPeople().catch(() => []);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <AddressProvider>
      <SessionProvider people={people}>
        <NoticeProvider>
          <App />
        </NoticeProvider>
      </SessionProvider>
    </AddressProvider>
  </StrictMode>,
);
