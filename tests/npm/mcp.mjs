// Lists and calls tools with the official client, and prints what it gets for each step.
//
// Usage: node mcp.mjs <url> <headers as JSON> <steps as JSON: "list", or {name, arguments}>

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, headers, steps] = process.argv.slice(2);
const client = new Client({ name: "tests", version: "1" });
const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: JSON.parse(headers) },
});
const results = [];
try {
  await client.connect(transport);
  for (const step of JSON.parse(steps)) {
    try {
      // The client checks structured content against the schema of the tool's output, once it has listed the tools.
      results.push(step === "list" ? await client.listTools() : await client.callTool(step));
    } catch (error) {
      results.push({ code: error.code, message: error.message });
    }
  }
} catch (error) {
  results.push({ connection: error.message });
}
await client.close();
process.stdout.write(JSON.stringify(results));
