import assert from "node:assert/strict";
import test from "node:test";

import {compareSchemas, countChanges, fieldHistory, symbolChanges} from "../site/schemas/diff.js";
import {parseSchema} from "../site/schemas/model.js";
import {deepRecords, recordOf, schemaOf} from "./schemas.js";

/** @param {unknown} older @param {unknown} newer */
const changesOf = (older, newer) => compareSchemas(schemaOf(older).root, schemaOf(newer).root);
/** @param {unknown} older @param {unknown} newer */
const lines = (older, newer) => changesOf(older, newer).map((one) => `${one.kind} ${one.path}: ${one.before} -> ${one.after}`);
/** @param {object} older @param {object} newer */
const fieldLines = (older, newer) => lines(recordOf([{name: "f", type: "int", ...older}]), recordOf([{name: "f", type: "int", ...newer}]));

test("the same schema has no changes, whatever its white space", () => {
  const schema = recordOf([{name: "a", type: ["null", "string"], default: null}, {name: "b", type: {type: "string"}}]);
  assert.deepEqual(lines(schema, recordOf([{name: "a", type: ["null", {type: "string"}], default: null}, {name: "b", type: "string"}])), []);
});

test("fields added and removed", () => {
  const older = recordOf([{name: "a", type: "int"}, {name: "b", type: "long"}]);
  const newer = recordOf([{name: "a", type: "int"}, {name: "c", type: ["null", "string"], default: null}]);
  assert.deepEqual(lines(older, newer), ["added c:  -> string (nullable)", "removed b: long -> "]);
  assert.deepEqual(countChanges(changesOf(older, newer)), {added: 1, removed: 1, changed: 0});
});

test("what one field can change", () => {
  assert.deepEqual(fieldLines({}, {type: "long"}), ["type f: int -> long"]);
  assert.deepEqual(fieldLines({}, {type: ["null", "int"]}), ["type f: int -> int (nullable)"]);
  assert.deepEqual(fieldLines({}, {default: 0}), ["default f:  -> 0"]);
  assert.deepEqual(fieldLines({type: "string", default: "x"}, {type: "string", default: ""}), ['default f: "x" -> ""']);
  assert.deepEqual(fieldLines({type: ["null", "int"], default: null}, {type: ["null", "int"]}), ["default f: null -> "]);
  assert.deepEqual(fieldLines({doc: "a"}, {doc: "b"}), ["doc f: a -> b"]);
  assert.deepEqual(fieldLines({}, {order: "ignore"}), ["sort f: ascending -> ignore"]);
  assert.deepEqual(fieldLines({}, {aliases: ["g"]}), ["aliases f:  -> g"]);
  assert.deepEqual(fieldLines({}, {team: "x"}), ['properties f:  -> {"team":"x"}']);
  assert.deepEqual(fieldLines({type: "long"}, {type: {type: "long", logicalType: "timestamp-millis"}}), ["type f: long -> timestamp in ms"]);
  assert.deepEqual(fieldLines({type: "string"}, {type: {type: "string", "avro.java.string": "String"}}), ['properties f:  -> {"avro.java.string":"String"}']);
  assert.deepEqual(fieldLines({type: {type: "bytes", logicalType: "decimal", precision: 4}}, {type: {type: "fixed", name: "D", size: 4, logicalType: "decimal", precision: 4}}),
    ["type f: decimal(4, 0) stored as bytes -> decimal(4, 0) stored as D (4 bytes)"]);
  assert.deepEqual(fieldLines({type: ["int", "null"]}, {type: ["null", "int"]}), ["type f: [int, null] -> [null, int]"]);
  assert.deepEqual(fieldLines({type: "long", default: 9007199254740993}, {type: "long", default: 9007199254740993}), []);
});

test("a field renamed with an alias is not one added and one removed", () => {
  const older = recordOf([{name: "a", type: "int", doc: "x"}, {name: "k", type: "int"}]);
  const newer = recordOf([{name: "b", aliases: ["a"], type: "long", doc: "x"}, {name: "k", type: "int"}]);
  assert.deepEqual(lines(older, newer), ["renamed b: a -> b", "type b: int -> long", "aliases b:  -> a"]);
  // An alias of a field that is still there renames nothing.
  const both = recordOf([{name: "a", type: "int", doc: "x"}, {name: "k", type: "int"}, {name: "b", aliases: ["a"], type: "int"}]);
  assert.deepEqual(lines(older, both), ["added b:  -> int"]);
});

test("order: the fewest fields that moved", () => {
  const of = (/** @type {string} */ names) => recordOf([...names].map((name) => ({name, type: "int"})));
  assert.deepEqual(lines(of("abcdef"), of("bcdefa")), ["order : a, b, c, d, e, f -> moved: a"]);
  assert.deepEqual(lines(of("abc"), of("axbc")), ["added x:  -> int"]);
});

test("nested paths, through lists, maps, nullables and unions; a shared type once", () => {
  const inner = (/** @type {string} */ name, /** @type {unknown[]} */ fields) => ({type: "record", name, fields});
  const of = (/** @type {string} */ type, /** @type {string[]} */ symbols) => recordOf([
    {name: "tags", type: {type: "array", items: inner("Tag", [{name: "id", type}])}},
    {name: "byKey", type: {type: "map", values: ["null", inner("Entry", [{name: "id", type}])]}},
    {name: "shape", type: [inner("Circle", [{name: "r", type}]), "int"]},
    {name: "again", type: "Tag"},
    {name: "colour", type: {type: "enum", name: "Colour", symbols}},
  ]);
  assert.deepEqual(lines(of("int", ["RED", "BLUE"]), of("long", ["RED", "GREEN"])), [
    "type tags[].id: int -> long",
    "type byKey{}.id: int -> long",
    "type shape<Circle>.r: int -> long",
    "symbols colour: RED, BLUE -> RED, GREEN",
  ]);
  const [symbols] = changesOf(of("int", ["RED", "BLUE"]), of("int", ["RED", "GREEN"]));
  assert.deepEqual(symbolChanges(symbols), {added: ["GREEN"], removed: ["BLUE"]});
});

test("a field made nullable still shows what changed below it", () => {
  const inner = (/** @type {unknown[]} */ fields) => ({type: "record", name: "Inner", fields});
  assert.deepEqual(
    lines(recordOf([{name: "a", type: inner([])}]), recordOf([{name: "a", type: ["null", inner([{name: "x", type: "int"}])]}])),
    ["type a: Inner -> Inner (nullable)", "added a.x:  -> int"]);
});

test("changes of the schema itself", () => {
  assert.deepEqual(lines("int", "long"), ["type : int -> long"]);
  assert.deepEqual(lines("int", recordOf([])), ["type : int -> Value"]);
  assert.deepEqual(lines(recordOf([]), recordOf([], {doc: "x", name: "Other"})), ["name : com.example.Value -> com.example.Other", "doc :  -> x"]);
  assert.deepEqual(lines(recordOf([]), recordOf([], {namespace: "org"})), ["name : com.example.Value -> org.Value"]);
  assert.deepEqual(lines({type: "fixed", name: "F", size: 1}, {type: "fixed", name: "F", size: 2}), ["type : F (1 bytes) -> F (2 bytes)"]);
});

test("types inside of themselves end", () => {
  const node = (/** @type {string} */ type) => ({type: "record", name: "Node", fields: [
    {name: "value", type}, {name: "next", type: ["null", "Node"]}, {name: "all", type: {type: "array", items: "Node"}}]});
  assert.deepEqual(lines(node("int"), node("long")), ["type value: int -> long"]);
});

test("10,000 levels: compared without a stack, the path written when asked for", () => {
  const levels = 10_000;
  const [change, ...rest] = compareSchemas(parseSchema(deepRecords(levels)).root, parseSchema(deepRecords(levels, '"long"')).root);
  assert.equal(rest.length, 0);
  assert.equal(change.path.split(".").length, levels);
  assert.deepEqual([change.before, change.after], ["int", "long"]);
});

test("300 nested fields in 40 versions are compared in a moment", () => {
  const of = (/** @type {number} */ version) => recordOf([...Array(10).keys()].map((group) => ({
    name: `group${group}`,
    type: {type: "record", name: `Group${group}`, fields: [...Array(30).keys()].map((i) => ({name: `f${i}`, type: "int", default: i === version % 30 ? version : 0}))},
  })));
  const schemas = [...Array(40).keys()].map((version) => schemaOf(of(version)));
  const start = performance.now();
  for (let i = 1; i < schemas.length; ++i) assert.ok(compareSchemas(schemas[i - 1].root, schemas[i].root).length > 0);
  assert.ok(performance.now() - start < 2000);
});

test("the history of a field goes back through renames", () => {
  const versions = [
    recordOf([{name: "k", type: "int"}]),
    recordOf([{name: "k", type: "int"}, {name: "a", type: "int"}]),
    recordOf([{name: "k", type: "int"}, {name: "b", type: "int", aliases: ["a"]}]),
    recordOf([{name: "k", type: "int"}, {name: "b", type: "long", aliases: ["a"]}]),
  ];
  const steps = [4, 3, 2].map((id) => ({id, changes: changesOf(versions[id - 2], versions[id - 1])}));
  assert.deepEqual(fieldHistory("b", steps).map(({id, change}) => `${id} ${change.kind}`), ["4 type", "3 renamed", "3 aliases", "2 added"]);
  assert.deepEqual(fieldHistory("k", steps), []);
});
