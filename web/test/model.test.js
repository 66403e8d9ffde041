import assert from "node:assert/strict";
import test from "node:test";

import {parseSchema, SchemaError} from "../site/schemas/model.js";
import {ageWords, counted, timeWords, typeFlavour, typeWords} from "../site/schemas/words.js";
import {recordOf, schemaOf} from "./schemas.js";

/** @param {unknown} json */
const words = (json) => typeWords(schemaOf(json).root);

test("types in words", () => {
  assert.equal(words("string"), "string");
  assert.equal(words({type: "string"}), "string");
  assert.equal(words({type: {type: {type: "long"}}}), "long");
  assert.equal(words(["null", "string"]), "string (nullable)");
  assert.equal(words(["string", "null"]), "string (nullable)");
  assert.equal(words({type: "array", items: ["null", "int"]}), "list of nullable int");
  assert.equal(words(["null", {type: "array", items: "int"}]), "list of int (nullable)");
  assert.equal(words({type: "map", values: {type: "array", items: "double"}}), "map of list of double");
  assert.equal(words({type: "map", values: ["null", "int", "string"]}), "map of nullable (int or string)");
  assert.equal(words(["null", "int", "string"]), "int or string (nullable)");
  assert.equal(words(["int", recordOf([])]), "int or Value");
  const many = [...Array(30).keys()].map((i) => ({type: "enum", name: `E${i}`, symbols: []}));
  assert.match(words(many), /^enum E0 or .* or enum E11 or \.\.\. \(30 types\)$/);
  assert.match(typeWords(schemaOf(many).root, {exact: true}), /enum E29$/);
  assert.equal(words({type: "enum", name: "a.Colour", symbols: ["RED"]}), "enum Colour");
  assert.equal(words({type: "fixed", name: "Md5", size: 16}), "Md5 (16 bytes)");
  assert.equal(words(["null"]), "null");
  assert.equal(words([]), "nothing");
});

test("logical types count only where they fit", () => {
  assert.equal(words({type: "long", logicalType: "timestamp-millis"}), "timestamp in ms");
  assert.equal(words({type: "bytes", logicalType: "decimal", precision: 12, scale: 2}), "decimal(12, 2)");
  assert.equal(words(["null", {type: "int", logicalType: "date"}]), "date (nullable)");
  assert.equal(words({type: "string", logicalType: "timestamp-millis"}), "string");
  assert.equal(words({type: "bytes", logicalType: "decimal", precision: 2, scale: 5}), "bytes");
  assert.equal(words({type: "string", logicalType: "toString"}), "string");
  const wrong = schemaOf({type: "string", logicalType: "timestamp-millis"}).root;
  assert.deepEqual([...wrong.properties], [["logicalType", "timestamp-millis"]]);
});

test("names resolve by namespace, and what cannot is said", () => {
  const schema = schemaOf(recordOf([
    {name: "home", type: {type: "record", name: "Address", fields: [{name: "zip", type: "string"}]}},
    {name: "work", type: "Address"},
    {name: "other", type: ["null", "com.example.Address"]},
    {name: "outer", type: {type: "record", name: "x.y.Far", fields: [{name: "near", type: {type: "enum", name: "Near", symbols: []}}]}},
    {name: "lost", type: "Nowhere"},
  ]));
  assert.deepEqual([...schema.definitions.keys()].sort(), ["com.example.Address", "com.example.Value", "x.y.Far", "x.y.Near"]);
  assert.equal(schema.root.fields[1].type.target, schema.root.fields[0].type);
  assert.equal(typeWords(schema.root.fields[2].type), "Address (nullable)");
  assert.deepEqual(schema.problems, ["there is no type Nowhere"]);
  assert.equal(typeWords(schema.root.fields[4].type), "broken type: there is no type Nowhere");
});

test("keeps docs, aliases, defaults, order and custom properties", () => {
  const schema = schemaOf(recordOf([
    {name: "a", type: {type: "string", "avro.java.string": "String"}, doc: "first", aliases: ["b"], default: null, order: "ignore", owner: "team"},
  ], {doc: "a value", aliases: ["Old", "z.Older"]}));
  const [field] = schema.root.fields;
  assert.equal(schema.root.doc, "a value");
  assert.deepEqual(schema.root.aliases, ["com.example.Old", "z.Older"]);
  assert.deepEqual([field.doc, field.aliases, field.default, field.order], ["first", ["b"], null, "ignore"]);
  assert.deepEqual([...field.properties], [["owner", "team"]]);
  assert.deepEqual([...field.type.properties], [["avro.java.string", "String"]]);
});

test("anything but JSON is refused; odd JSON is shown as far as it goes", () => {
  assert.throws(() => parseSchema("{nope"), SchemaError);
  assert.throws(() => parseSchema(""), /not JSON: the text ends too early at line 1, column 1/);
  for (const text of ["5", "null", "{}", '{"type":5}', '{"type":"record"}', '{"type":"record","name":"A","fields":[5,{"name":3}]}',
    '{"type":"array"}', '{"type":"enum","name":"E","symbols":[1]}', '["x",["y"]]', '{"type":"record","name":"A","fields":{}}',
    '{"type":"__proto__"}', '{"type":"constructor"}']) {
    const schema = parseSchema(text);
    assert.ok(schema.problems.length > 0 || schema.root.kind === "enum", text);
    typeWords(schema.root);
  }
});

test("hostile names stay names", () => {
  const name = '"><img src=x onerror=alert(1)>';
  const schema = schemaOf(recordOf([{name, type: {type: "record", name: "__proto__", fields: []}}, {name: "constructor", type: "__proto__"}]));
  assert.equal(schema.root.fields[0].name, name);
  assert.equal(typeWords(schema.root.fields[1].type), "__proto__");
});

test("depth costs no stack", () => {
  const levels = 50_000;
  const schema = parseSchema('{"type":"array","items":'.repeat(levels) + '"int"' + "}".repeat(levels));
  assert.equal(typeWords(schema.root).length, "list of ".length * levels + 3);
  assert.equal(typeWords(schema.root, {levelsMax: 2}), "list of list of list of …");
});

test("flavours, counts and times", () => {
  assert.equal(typeFlavour(schemaOf(["null", recordOf([])]).root), "named");
  assert.equal(typeFlavour(schemaOf(["int", "string"]).root), "choice");
  assert.equal(typeFlavour(schemaOf({type: "int", logicalType: "date"}).root), "logical");
  assert.equal(counted(1, "field"), "1 field");
  assert.equal(counted(5000, "store"), "5,000 stores");
  const now = Date.UTC(2026, 10, 21, 12);
  assert.equal(ageWords(now - 5_000, now), "just now");
  assert.equal(ageWords(now - 60_000, now), "1 minute ago");
  assert.equal(ageWords(now - 3 * 86_400_000, now), "3 days ago");
  assert.equal(ageWords(-1, now), "");
  assert.match(timeWords(now), /^2026-11-2\d \d\d:\d\d$/);
});
