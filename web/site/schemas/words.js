// Types and times as people say them.
import {printJson} from "./json.js";
import {follow} from "./model.js";

/** @typedef {import("./model.js").Type} Type */
/** @typedef {import("./json.js").JsonValue} JsonValue */

/** @type {Record<string, string>} */
const LOGICAL_WORDS = {
  "date": "date",
  "time-millis": "time of day in ms",
  "time-micros": "time of day in us",
  "timestamp-millis": "timestamp in ms",
  "timestamp-micros": "timestamp in us",
  "timestamp-nanos": "timestamp in ns",
  "local-timestamp-millis": "local timestamp in ms",
  "local-timestamp-micros": "local timestamp in us",
  "local-timestamp-nanos": "local timestamp in ns",
  "uuid": "UUID",
  "duration": "duration",
  "big-decimal": "decimal",
};

/** @param {Type} type */
function logicalWords(type) {
  if (type.logical !== "decimal") return LOGICAL_WORDS[type.logical] ?? type.logical;
  return `decimal(${type.precision}, ${type.scale})`;
}

/**
 * A type without parts, or the name of one that has a name.
 *
 * @param {Type} reference @param {boolean} exact
 */
function plainWords(reference, exact) {
  const type = follow(reference);
  if (type.kind === "broken") return `broken type: ${type.problem}`;
  if (type.logical && !exact) return logicalWords(type);
  const stored = type.kind === "record" ? (exact ? `record ${type.shortName}` : type.shortName)
    : type.kind === "enum" ? `enum ${type.shortName}`
    : type.kind === "fixed" ? `${type.shortName} (${type.size} bytes)`
    : type.kind;
  return type.logical ? `${logicalWords(type)} stored as ${stored}` : stored;
}

/**
 * `string (nullable)`, `list of Item`, `map of nullable long`, `int or string`, `timestamp in ms`: the same words that
 * venice-admin-tool prints.
 *
 * @param {Type} type
 * @param {{levelsMax?: number, exact?: boolean}} [options] levelsMax: lists and maps in each other, deeper ones become "…";
 *   exact: types that differ have words that differ
 */
export function typeWords(type, {levelsMax = Infinity, exact = false} = {}) {
  const out = [];
  /** @type {(string | {type: Type, levels: number})[]} */
  const work = [{type, levels: 0}];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (typeof next === "string") {
      out.push(next);
      continue;
    }
    const {type: one, levels} = next;
    if (levels > levelsMax) {
      out.push("…");
    } else if ((one.kind === "array" || one.kind === "map") && one.item) {
      work.push({type: one.item, levels: levels + 1}, one.kind === "array" ? "list of " : "map of ");
    } else if (one.kind === "union") {
      pushUnion(work, one, levels, exact);
    } else {
      out.push(plainWords(one, exact));
    }
  }
  return out.join("");
}

// Longer unions end in "... (30 types)".
const BRANCHES_MAX = 12;

/** @param {(string | {type: Type, levels: number})[]} work @param {Type} union @param {number} levels @param {boolean} exact */
function pushUnion(work, union, levels, exact) {
  const others = union.branches.filter((branch) => branch.kind !== "null");
  const nullable = others.length < union.branches.length;
  if (others.length === 0) {
    work.push(nullable ? "null" : "nothing");
    return;
  }
  // Inside of something, a union would not end where the reader thinks.
  const inside = levels > 0;
  const enclosed = inside && others.length > 1;
  if (nullable && !inside) work.push(" (nullable)");
  if (enclosed) work.push(")");
  const shown = exact ? others.length : Math.min(others.length, BRANCHES_MAX);
  if (shown < others.length) work.push(` or ... (${others.length} types)`);
  for (let i = shown - 1; i >= 0; --i) {
    work.push({type: others[i], levels});
    if (i > 0) work.push(" or ");
  }
  if (enclosed) work.push("(");
  if (nullable && inside) work.push("nullable ");
}

/** Which colour a type's words have. @param {Type} type @returns {"named" | "list" | "choice" | "logical" | "plain"} */
export function typeFlavour(type) {
  if (type.kind === "union") {
    const others = type.branches.filter((branch) => branch.kind !== "null");
    return others.length === 1 ? typeFlavour(others[0]) : "choice";
  }
  if (type.kind === "array" || type.kind === "map") return "list";
  const target = follow(type);
  if (target.logical) return "logical";
  return target.kind === "record" || target.kind === "enum" || target.kind === "fixed" ? "named" : "plain";
}

/** A default as it is written; long ones are cut. @param {JsonValue} value @param {number} [charactersMax] */
export function valueWords(value, charactersMax = Infinity) {
  const text = printJson(value);
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

const TIME = new Intl.DateTimeFormat("en-CA", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** "2026-11-21 13:05" in the reader's time zone; "" when unknown. @param {number} ms */
export function timeWords(ms) {
  return ms > 0 ? TIME.format(ms).replace(", ", " ") : "";
}

/** @type {[number, string][]} */
const AGES = [[365 * 86_400, "year"], [30 * 86_400, "month"], [86_400, "day"], [3_600, "hour"], [60, "minute"]];

/** "3 days ago". @param {number} ms @param {number} now */
export function ageWords(ms, now) {
  if (ms <= 0) return "";
  const seconds = (now - ms) / 1000;
  for (const [length, word] of AGES)
    if (seconds >= length) return `${counted(Math.floor(seconds / length), word)} ago`;
  return "just now";
}
