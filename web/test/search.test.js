import assert from "node:assert/strict";
import test from "node:test";

import {cut, findStores} from "../site/schemas/search.js";

const STORES = ["billing_daily", "daily", "daily-features", "member_profile", "midaily", "profile"].map((name) => ({name, owner: name === "profile" ? "Feeds" : "ads"}));
/** @param {string} query */
const names = (query) => findStores(STORES, query).map(({index}) => STORES[index].name);

test("best match first", () => {
  assert.deepEqual(names("daily"), ["daily", "daily-features", "billing_daily", "midaily"]);
  assert.deepEqual(names("DAILY fe"), ["daily-features"]);
  assert.deepEqual(names("feeds"), ["profile"]);
  assert.deepEqual(names("feeds prof"), ["profile"]);
  assert.deepEqual(names(""), STORES.map((store) => store.name));
  assert.deepEqual(names("   "), STORES.map((store) => store.name));
  assert.deepEqual(names("zzz"), []);
  assert.deepEqual(names("(.*"), []);
});

test("marks are joined and cut", () => {
  const [found] = findStores([{name: "abcabc", owner: ""}], "ab bc");
  assert.deepEqual(found.marks, [[0, 3]]);
  assert.deepEqual(cut("abcabc", found.marks), [{text: "abc", marked: true}, {text: "abc", marked: false}]);
  assert.deepEqual(cut("abc", []), [{text: "abc", marked: false}]);
});

test("5,000 stores are searched between two keystrokes", () => {
  const stores = [...Array(5000).keys()].map((i) => ({name: `store_${i}_of_team_${i % 17}`, owner: `team${i % 17}`}));
  const start = performance.now();
  for (let i = 0; i < 10; ++i) findStores(stores, "team_1 4");
  assert.ok(performance.now() - start < 1000);
});
