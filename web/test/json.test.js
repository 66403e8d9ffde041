import assert from "node:assert/strict";
import test from "node:test";

import {ExactNumber, parseJson, printJson} from "../site/schemas/json.js";

test("reads what JSON.parse reads", () => {
  for (const text of ['null', ' true ', '-0.5', '""', '"\\u00e9\\n\\""', '[]', '{}', '[1,[2,[]],{"a":[{}]}]', '{"a":{"b":[1,2,"x"]},"c":null}']) {
    assert.equal(printJson(parseJson(text)), JSON.stringify(JSON.parse(text)));
    assert.equal(printJson(parseJson(text), 2), JSON.stringify(JSON.parse(text), null, 2));
  }
});

test("refuses what JSON.parse refuses, and says where", () => {
  for (const text of ["", " ", "[1,]", "[1 2]", "{", '{"a"}', '{"a":1,}', "{1:2}", "nul", "01", "+1", "'a'", '"a', '"\t"', '"\\x"', "[1]]", "1 2", "[", '{"a":1'])
    assert.throws(() => parseJson(text), /at line \d+, column \d+/, text);
  assert.throws(() => parseJson('{\n  "a": 1,\n  "b": ?\n}'), /'\?' where a value was expected at line 3, column 8/);
});

test("keeps integers that a double would change", () => {
  const value = parseJson("[9223372036854775807, 1, 9007199254740991]");
  assert.ok(Array.isArray(value) && value[0] instanceof ExactNumber);
  assert.equal(printJson(value), "[9223372036854775807,1,9007199254740991]");
});

test("prints numbers as they are written", () => {
  assert.deepEqual(JSON.parse(printJson(parseJson("[-0.5e3, 1E2]"))), [-500, 100]);
  assert.equal(printJson(parseJson("[0.0, 1e3, -0.5E3, 1.50, -0, 0.5]")), "[0.0,1e3,-0.5E3,1.50,-0,0.5]");
});

test("members are data under any name", () => {
  const value = parseJson('{"__proto__": {"x": 1}, "2": 1, "1": 2, "constructor": 3}');
  assert.ok(value instanceof Map);
  assert.deepEqual([...value.keys()], ["__proto__", "2", "1", "constructor"]);
  assert.equal(/** @type {any} */ ({}).x, undefined);
});

test("depth costs no stack", () => {
  const levels = 200_000;
  const text = '{"a":['.repeat(levels) + "1" + "]}".repeat(levels);
  assert.equal(printJson(parseJson(text)), text);
});

test("a long text with many escapes is read", () => {
  const text = JSON.stringify('\\"'.repeat(500_000));
  assert.equal(printJson(parseJson(text)), text);
});
