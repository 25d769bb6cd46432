// Types for every operation in src/, from the API's schema.
//
// In a project of your own, name your server: SCHEMA=http://localhost:8080/schema.graphql npm run codegen
import { createHash } from "node:crypto";

import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

const config: CodegenConfig = {
  schema: process.env.SCHEMA ?? "../../schema.graphql",
  documents: "src/**/*.{ts,tsx}",
  ignoreNoDocuments: true,
  generates: {
    "src/gql/": {
      preset: "client",
      // Apollo adds __typename to what it sends. The documents of the list need it as well, to be the same documents.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: {
        // Writes src/gql/persisted-documents.json, the list for `glowplug serve --persisted-operations`.
        persistedDocuments: { hashAlgorithm: (text: string) => createHash("sha256").update(text).digest("hex") },
        // Components take their fragment's type as a property. Masking would be the next step in a larger application.
        fragmentMasking: false,
      },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        // What these scalars are in JSON. Numbers that JavaScript would round are strings.
        scalars: {
          UUID: "string",
          Date: "string",
          Datetime: "string",
          Cursor: "string",
          BigInt: "string",
          BigFloat: "string",
          JSON: "string",
          JSONRemoval: "unknown",
          Time: "string",
          Opaque: "unknown",
        },
      },
    },
  },
};

export default config;
