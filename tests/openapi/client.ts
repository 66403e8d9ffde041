// A program against the types that openapi-typescript makes from openapi.yaml. That it compiles shows that the types fit
// together and that calls are typed as the document says; run with a controller's address, it makes a store and reads it.
import createClient from "openapi-fetch";
import type { components, paths } from "./controller.js";

type Failure = components["schemas"]["Failure"];

const url = process.argv[2];
if (url === undefined) throw new Error("usage: client.js CONTROLLER_URL");
const controller = createClient<paths>({ baseUrl: url });
const asForm = (fields: Record<string, string | number | boolean>): URLSearchParams =>
  new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
const form = {
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  bodySerializer: (body: unknown) => asForm(body as Record<string, string>),
};

function expect<T>(answer: { data?: T; error?: Failure; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${answer.error?.errorType}: ${answer.error?.error}`);
  return answer.data;
}

const [cluster] = expect(await controller.GET("/clusters")).clusters;
if (cluster === undefined) throw new Error("the controller serves no cluster");
const cluster_name: string = cluster.name;

expect(await controller.POST("/new_store", {
  body: { cluster_name, store_name: "typed", key_schema: '"string"', value_schema: '"string"', owner: "types" },
  ...form,
}));
const { store } = expect(await controller.GET("/stores/{store}", { params: { path: { store: "typed" } } }));
const owner: string = store.owner;
const hybrid: components["schemas"]["HybridConfig"] = store.hybridStoreConfig;
const backup: "KEEP_MIN_VERSIONS" | "DELETE_ON_NEW_PUSH_START" = store.backupStrategy;

const missing = await controller.GET("/store", { params: { query: { cluster_name, store_name: "not-there" } } });
const error_type: components["schemas"]["ErrorType"] | undefined = missing.error?.errorType;

// @ts-expect-error a parameter that the document requires cannot be left out
const refused = await controller.GET("/store", { params: { query: { cluster_name } } });
const status: number = refused.response.status;

console.log(JSON.stringify({ owner, hybrid, backup, error_type, status }));
