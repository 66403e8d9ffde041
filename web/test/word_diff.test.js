import assert from "node:assert/strict";
import test from "node:test";

import {diffWords} from "../site/schemas/word_diff.js";

/** @param {string} before @param {string} after */
const marked = (before, after) => diffWords(before, after).map(({text, side}) => (side === "same" ? text : side === "added" ? `+(${text})` : `-(${text})`)).join("");

test("marks the words that changed", () => {
  assert.equal(marked("a b c", "a b c"), "a b c");
  assert.equal(marked("a b c", "a x c"), "a -(b )+(x )c");
  assert.equal(marked("Known.", "Known. Since 3."), "Known. +(Since 3.)");
  assert.equal(marked("one two three four", "two four five"), "-(one )two -(three )four +(five)");
  assert.equal(marked("", "new"), "+(new)");
  assert.equal(marked("old", ""), "-(old)");
});

test("long texts are compared in bounded time", () => {
  const text = (/** @type {string} */ word) => Array.from({length: 100_000}, (_, i) => `${word}${i}`).join(" ");
  const start = performance.now();
  assert.equal(diffWords(`same ${text("a")} end`, `same ${text("b")} end`).length, 4);
  assert.ok(performance.now() - start < 2000);
});
