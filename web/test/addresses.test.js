import assert from "node:assert/strict";
import test from "node:test";

import {diffAddress, listAddress, schemaAddress} from "../site/schemas/addresses.js";
import {hashOf, parseHash} from "../site/shell/hash.js";

test("what is written is read again", () => {
  const parts = ["schemas", "a/b", "100% ?#&", "ä"];
  const query = {field: "a[].b{}<C>.d", q: "x & y=z", empty: ""};
  assert.deepEqual(parseHash(hashOf(parts, query)), {parts, query: {field: query.field, q: query.q}});
});

test("any text is an address", () => {
  for (const hash of ["", "#", "#/", "#//"]) assert.deepEqual(parseHash(hash), {parts: [], query: {}});
  assert.deepEqual(parseHash("#/a/%E0%A4%A/b?x=%zz&x=2&y"), {parts: ["a", "%E0%A4%A", "b"], query: {x: "2", y: ""}});
  assert.deepEqual(parseHash("#/a?b=c?d"), {parts: ["a"], query: {b: "c?d"}});
});

test("the addresses of the schema room", () => {
  assert.equal(listAddress("c"), "#/schemas/c");
  assert.equal(listAddress("c", "a b"), "#/schemas/c?q=a+b");
  assert.equal(schemaAddress("c", "s"), "#/schemas/c/s");
  assert.equal(schemaAddress("c", "s", "3", {view: "json", filter: ""}), "#/schemas/c/s/3?view=json");
  assert.deepEqual(parseHash(diffAddress("c", "s", "1", "22")).parts, ["schemas", "c", "s", "1..22"]);
});
