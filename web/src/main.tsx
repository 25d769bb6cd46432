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
import { loadPeople, RoleMenu } from "./roles";

/** What the server writes into the page. */
interface Settings {
  /** The address of the API, relative to the page. */
  endpoint: string;
  /** A query of the caller's first table. */
  defaultQuery: string | null;
  /** The address of the sample people; only `glowplug dev` has them. */
  people?: string;
}

const settings = JSON.parse(document.getElementById("settings")!.textContent!) as Settings;
const shared = new URLSearchParams(location.search);
const people = settings.people ? await loadPeople(settings.people) : [];

createRoot(document.getElementById("graphiql")!).render(
  <GraphiQL
    fetcher={createFetcher(settings.endpoint)}
    defaultQuery={settings.defaultQuery ?? undefined}
    initialQuery={shared.get("query") ?? undefined}
    initialVariables={shared.get("variables") ?? undefined}
    plugins={[HISTORY_PLUGIN, explorerPlugin({})]}
    shouldPersistHeaders
  >
    <GraphiQL.Logo>
      <RoleMenu people={people} />
      Glowplug
    </GraphiQL.Logo>
  </GraphiQL>,
);
