// GraphiQL in Glowplug's page: http/graphiql.rs serves the page, and its element #settings says where the API is.

import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { createFetcher } from "./fetcher";
import { loadPeople, RoleMenu, type Addresses } from "./roles";
import { SQL_PLUGIN } from "./sql";

/** What the server writes into the page. */
interface Settings {
  /** The address of the API, relative to the page. */
  endpoint: string;
  /** The address of the schema's SDL. */
  sdl?: string;
  /** A query of the caller's first table. */
  defaultQuery: string | null;
  /** What only `glowplug dev` has: sample people, and the SQL of operations. */
  dev?: Addresses;
}

const settings = JSON.parse(document.getElementById("settings")!.textContent!) as Settings;
const shared = new URLSearchParams(location.search);
const people = settings.dev ? await loadPeople(settings.dev) : [];

createRoot(document.getElementById("graphiql")!).render(
  <GraphiQL
    fetcher={createFetcher(settings.endpoint, settings.sdl)}
    defaultQuery={settings.defaultQuery ?? undefined}
    initialQuery={shared.get("query") ?? undefined}
    initialVariables={shared.get("variables") ?? undefined}
    plugins={[HISTORY_PLUGIN, explorerPlugin({}), ...(settings.dev ? [SQL_PLUGIN] : [])]}
    shouldPersistHeaders
  >
    <GraphiQL.Logo>
      {settings.dev && <RoleMenu people={people} addresses={settings.dev} />}
      Glowplug
    </GraphiQL.Logo>
  </GraphiQL>,
);
