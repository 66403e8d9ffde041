import assert from "node:assert/strict";
import test from "node:test";

import {parseSchema} from "../site/schemas/model.js";
import {countFields, findRows, makeTree, openAll, openPath, visibleRows} from "../site/schemas/tree.js";
import {deepRecords, recordOf, schemaOf} from "./schemas.js";

const ADDRESS = {type: "record", name: "Address", fields: [{name: "zip", type: "string"}, {name: "city", type: "string", aliases: ["town"]}]};
const CUSTOMER = recordOf([
  {name: "id", type: "long"},
  {name: "home", type: ADDRESS},
  {name: "others", type: {type: "array", items: ["null", "Address"]}},
  {name: "byName", type: {type: "map", values: {type: "array", items: "Address"}}},
  {name: "shape", type: ["null", {type: "record", name: "Circle", fields: [{name: "r", type: "int"}]}, {type: "record", name: "Box", fields: [{name: "side", type: "int"}]}]},
  {name: "parent", type: ["null", "Value"]},
]);

/** @param {import("../site/schemas/tree.js").Row[]} rows */
const paths = (rows) => rows.map((row) => row.node.path);

test("shows the fields first, and below each what it holds", () => {
  const root = makeTree(schemaOf(CUSTOMER).root);
  assert.deepEqual(paths(visibleRows(root)), ["id", "home", "others", "byName", "shape", "parent"]);
  openAll(root, true);
  assert.deepEqual(paths(visibleRows(root)), [
    "id", "home", "home.zip", "home.city", "others", "byName",
    "shape", "shape<Circle>", "shape<Circle>.r", "shape<Box>", "shape<Box>.side", "parent"]);
  openAll(root, false);
  assert.equal(visibleRows(root).length, 6);
  const [, home] = visibleRows(root);
  assert.deepEqual([home.node.level, home.position, home.siblings], [1, 2, 6]);
});

test("a type used again opens by hand; one inside of itself never does", () => {
  const root = makeTree(schemaOf(CUSTOMER).root);
  const [, , others, , , parent] = visibleRows(root).map((row) => row.node);
  assert.ok(others.hasChildren && others.byReference);
  others.open = true;
  assert.deepEqual(paths(visibleRows(root)).slice(2, 5), ["others", "others[].zip", "others[].city"]);
  assert.equal(parent.hasChildren, false);
  assert.equal(parent.repeats, root);
});

test("a schema that is no record is one row, or the rows of what it holds", () => {
  assert.equal(visibleRows(makeTree(schemaOf("string").root)).length, 1);
  const list = makeTree(schemaOf({type: "array", items: ADDRESS}).root);
  assert.deepEqual(paths(visibleRows(list)), ["[].zip", "[].city"]);
  assert.equal(visibleRows(makeTree(schemaOf(recordOf([])).root)).length, 1);
});

test("finds fields by name and alias, with the rows they are inside of", () => {
  const root = makeTree(schemaOf(CUSTOMER).root);
  assert.deepEqual(paths(findRows(root, "ZIP").rows), ["home", "home.zip"]);
  assert.deepEqual(paths(findRows(root, "town").rows), ["home", "home.city"]);
  assert.deepEqual(findRows(root, "no such field"), {rows: [], count: 0});
  assert.equal(findRows(root, "i").count, 5);
});

test("counts the fields of each record once", () => {
  assert.equal(countFields(schemaOf(CUSTOMER).root), 6 + 2 + 1 + 1);
  assert.equal(countFields(parseSchema(deepRecords(10_000)).root), 10_000);
});

test("opens a path as it is written, and no other", () => {
  const path = "byName{}[].zip";
  const root = makeTree(schemaOf(CUSTOMER).root);
  assert.equal(openPath(root, path)?.path, path);
  assert.ok(paths(visibleRows(root)).includes(path));
  for (const one of ["id", "home.city", "others[]", "shape<Box>.side", "shape<Box>"])
    assert.ok(openPath(root, one), one);
  for (const none of ["", "i", "idx", "home.zi", "home..zip", "others.zip", "shape<Cube>", "parent.id"])
    assert.equal(openPath(root, none), null, none);
});

test("types that use each other many times are not multiplied", () => {
  const fields = (/** @type {number} */ i) => [1, 2, 3, 4].map((n) => ({name: `f${n}`, type: i === 0 || n > 1 ? `T${i}` : "int"}));
  let type = /** @type {any} */ ({type: "record", name: "T0", fields: [{name: "x", type: "int"}]});
  for (let i = 1; i < 30; ++i)
    type = {type: "record", name: `T${i}`, fields: [{name: "first", type}, ...fields(i - 1).map((f) => ({...f, type: `T${i - 1}`}))]};
  const root = makeTree(schemaOf(type).root);
  openAll(root, true);
  assert.ok(visibleRows(root).length < 200);
});

test("10,000 levels: opened, searched and named without a stack", () => {
  const levels = 10_000;
  const root = makeTree(parseSchema(deepRecords(levels)).root);
  openAll(root, true);
  const rows = visibleRows(root);
  assert.equal(rows.length, levels);
  const last = /** @type {import("../site/schemas/tree.js").Row} */ (rows.at(-1)).node;
  assert.equal(last.level, levels);
  assert.equal(last.path.split(".").length, levels);
  openAll(root, false);
  assert.equal(visibleRows(root).length, 1);
  assert.equal(findRows(root, `f${levels - 1}`).count, 1);
  assert.equal(openPath(root, last.path), last);
});
