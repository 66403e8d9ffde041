import assert from "node:assert/strict";
import test from "node:test";

import {SchemaError} from "../site/schemas/model.js";
import {StoreSchemas} from "../site/schemas/store_schemas.js";
import {recordOf} from "./schemas.js";

/** @param {string[]} names */
const record = (...names) => JSON.stringify(recordOf(names.map((name) => ({name, type: "int", default: 0}))));
/** @param {number} id @param {string} schemaStr */
const registered = (id, schemaStr) => ({id, schemaStr, registrationTimestamp: 1_700_000_000_000 + id});

// Ids have gaps once unused schemas are deleted, and 10 comes behind 9.
const STORE = new StoreSchemas({superSetSchemaId: 10, keySchema: registered(1, '"string"'),
  schemas: [registered(2, record("a")), registered(10, record("a", "c")), registered(9, record("a", "b"))]});

test("newest first by number, with the key apart", () => {
  assert.deepEqual(STORE.values.map(({id}) => id), ["10", "9", "2"]);
  assert.equal(STORE.latest?.id, "10");
  assert.equal(STORE.supersetId, "10");
  assert.equal(STORE.find("key")?.text, '"string"');
  assert.equal(STORE.find("3"), null);
  assert.equal(STORE.before("10")?.id, "9");
  assert.equal(STORE.before("2"), null);
  assert.equal(STORE.before("key"), null);
});

test("what each schema changed", () => {
  assert.deepEqual(STORE.values.map((entry) => STORE.counts(entry)), [{added: 1, removed: 1, changed: 0}, {added: 1, removed: 0, changed: 0}, null]);
  assert.deepEqual(STORE.steps(STORE.values[0]).map(({id, changes}) => `${id}: ${changes.map((one) => `${one.kind} ${one.path}`).join(", ")}`),
    ["10: added c, removed b", "9: added b"]);
  const key = STORE.find("key");
  assert.ok(key);
  assert.deepEqual(STORE.steps(key), []);
});

test("a text that is no schema spoils neither the list nor the others", () => {
  const store = new StoreSchemas({superSetSchemaId: -1, keySchema: null, schemas: [registered(1, record("a")), registered(2, "{"), registered(3, record("a"))]});
  assert.ok(store.schema(store.values[1]) instanceof SchemaError);
  assert.deepEqual(store.values.map((entry) => store.counts(entry)), [null, null, null]);
  assert.equal(store.supersetId, "");
  assert.equal(store.changes(store.values[2], store.values[0])?.length, 0);
});

test("a store that is being created has nothing yet", () => {
  const store = new StoreSchemas({superSetSchemaId: -1, keySchema: null, schemas: []});
  assert.deepEqual([store.latest, store.key, store.values], [null, null, []]);
});
