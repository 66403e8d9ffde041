// What changed from one schema to another, field by field.
import {printJson} from "./json.js";
import {follow} from "./model.js";
import {branchName, lookThrough} from "./tree.js";
import {typeWords} from "./words.js";

/** @typedef {import("./model.js").Type} Type */
/** @typedef {import("./model.js").Field} Field */
/** @typedef {import("./json.js").JsonValue} JsonValue */

/**
 * @typedef {"added" | "removed" | "renamed" | "type" | "default" | "doc" | "symbols" | "order" | "aliases" | "sort" |
 *           "name" | "properties"} ChangeKind
 */

/** A path as a chain, so that n levels cost n steps and not n² characters. */
class Place {
  /** @param {Place | null} parent @param {string} text */
  constructor(parent, text) {
    this.parent = parent;
    this.text = text;
  }

  /** @returns {string} */
  toString() {
    const parts = [];
    for (let place = /** @type {Place | null} */ (this); place; place = place.parent) parts.push(place.text);
    return parts.reverse().join("");
  }
}

/** One change of one field, of a named type at its first use, or ("" as path) of the schema itself. */
export class Change {
  /**
   * @param {ChangeKind} kind
   * @param {Place} place
   * @param {{before?: string, after?: string, field?: Field | null, within?: string}} what
   */
  constructor(kind, place, what) {
    this.kind = kind;
    this.place = place;
    /** In words; "" when there was nothing. */
    this.before = what.before ?? "";
    this.after = what.after ?? "";
    /** @type {Field | null} of the newer schema, or of the older one when it was removed */
    this.field = what.field ?? null;
    /** The record, enum or fixed that it was written in. */
    this.within = what.within ?? "";
  }

  /** Of the newer schema; of the older one when it was removed. */
  get path() {
    return this.place.toString();
  }
}

/** @param {JsonValue | undefined} value */
const defaultWords = (value) => (value === undefined ? "" : printJson(value));

/** @param {Map<string, JsonValue>} properties */
const propertyWords = (properties) => (properties.size === 0 ? "" : printJson(properties));

/** @param {Type} type */
const isNamed = (type) => type.kind === "record" || type.kind === "enum" || type.kind === "fixed";

/** Of a type without a name, seen through what holds it: `{"type": "string", "avro.java.string": "String"}`. @param {Type} type */
function typePropertyWords(type) {
  const {below} = lookThrough(type);
  return isNamed(below) ? "" : propertyWords(below.properties);
}

/** @typedef {{older: Type, newer: Type, place: Place}} Pair two types to compare */
class Comparison {
  constructor() {
    /** @type {Change[]} */
    this.changes = [];
    /** @type {Map<Type, Set<Type>>} named types that were compared already */
    this.seen = new Map();
    /** What is still to do, the next thing last: keeps the changes in the order of the schema. @type {(() => void)[]} */
    this.work = [];
  }

  /** @param {Type} older @param {Type} newer */
  run(older, newer) {
    const place = new Place(null, "");
    // Two records say what is different in their fields; of other types the words are all there is.
    if (older.kind !== "record" || newer.kind !== "record") this.types(older, newer, place, null, "");
    this.parts({older, newer, place});
    for (let next = this.work.pop(); next; next = this.work.pop()) next();
  }

  /**
   * @param {ChangeKind} kind @param {Place} place @param {string} before @param {string} after
   * @param {Field | null} field @param {string} within
   */
  ifDifferent(kind, place, before, after, field, within) {
    if (before !== after) this.changes.push(new Change(kind, place, {before, after, field, within}));
  }

  /** @param {Type} older @param {Type} newer @param {Place} place @param {Field | null} field @param {string} within */
  types(older, newer, place, field, within) {
    // The plainest words that show the difference, if there is one.
    for (const words of [plainWords, exactWords, branchOrder]) {
      if (words(older) === words(newer)) continue;
      this.changes.push(new Change("type", place, {before: words(older), after: words(newer), field, within}));
      return;
    }
  }

  /**
   * Finds the named types in two types and compares those that belong together.
   *
   * @param {Pair} pair
   */
  parts({older, newer, place}) {
    const left = lookThrough(older);
    const right = lookThrough(newer);
    const below = right.suffix === "" ? place : new Place(place, right.suffix);
    if (left.below.kind === "union" || right.below.kind === "union") {
      this.branches(branchesOf(left.below), branchesOf(right.below), below, right.below.kind === "union");
    } else if (isNamed(left.below) && left.below.kind === right.below.kind) {
      this.named(left.below, right.below, below);
    }
  }

  /** @param {Type[]} older @param {Type[]} newer @param {Place} place @param {boolean} named whether the path says which branch */
  branches(older, newer, place, named) {
    const olderByName = new Map(older.map((branch) => [branchName(branch), branch]));
    for (let i = newer.length - 1; i >= 0; --i) {
      const match = olderByName.get(branchName(newer[i]));
      const at = named ? new Place(place, `<${branchName(newer[i])}>`) : place;
      if (match) this.work.push(() => this.parts({older: match, newer: newer[i], place: at}));
    }
  }

  /** @param {Type} older @param {Type} newer @param {Place} place */
  named(older, newer, place) {
    const seen = this.seen.get(older) ?? new Set();
    if (seen.has(newer)) return;
    this.seen.set(older, seen.add(newer));
    const within = newer.name;
    this.ifDifferent("name", place, older.name, newer.name, null, within);
    this.ifDifferent("doc", place, older.doc, newer.doc, null, within);
    this.ifDifferent("aliases", place, older.aliases.join(", "), newer.aliases.join(", "), null, within);
    this.ifDifferent("properties", place, propertyWords(older.properties), propertyWords(newer.properties), null, within);
    if (newer.kind === "enum") this.enums(older, newer, place);
    if (newer.kind === "record") this.records(older, newer, place);
  }

  /** @param {Type} older @param {Type} newer @param {Place} place */
  enums(older, newer, place) {
    this.ifDifferent("symbols", place, older.symbols.join(", "), newer.symbols.join(", "), null, newer.name);
    this.ifDifferent("default", place, defaultWords(older.default), defaultWords(newer.default), null, newer.name);
  }

  /** @param {Type} older @param {Type} newer @param {Place} place */
  records(older, newer, place) {
    const pairs = pairFields(older.fields, newer.fields);
    const moved = movedFields(older.fields, newer.fields, pairs);
    if (moved.length > 0)
      this.changes.push(new Change("order", place, {before: namesOf(older.fields), after: `moved: ${moved.join(", ")}`, within: newer.name}));
    const paired = new Set(pairs.values());
    const at = (/** @type {Field} */ field) => new Place(place, (place.parent === null && place.text === "" ? "" : ".") + field.name);
    const lost = older.fields.filter((field) => !paired.has(field));
    for (const field of lost.reverse())
      this.work.push(() => this.changes.push(new Change("removed", at(field), {before: typeWords(field.type), field, within: older.name})));
    for (let i = newer.fields.length - 1; i >= 0; --i) {
      const field = newer.fields[i];
      const before = pairs.get(field);
      if (before) this.work.push(() => this.field(before, field, at(field), newer.name));
      else this.work.push(() => this.changes.push(new Change("added", at(field), {after: typeWords(field.type), field, within: newer.name})));
    }
  }

  /** @param {Field} older @param {Field} newer @param {Place} place @param {string} within */
  field(older, newer, place, within) {
    this.ifDifferent("renamed", place, older.name, newer.name, newer, within);
    this.types(older.type, newer.type, place, newer, within);
    this.ifDifferent("default", place, defaultWords(older.default), defaultWords(newer.default), newer, within);
    this.ifDifferent("doc", place, older.doc, newer.doc, newer, within);
    this.ifDifferent("aliases", place, older.aliases.join(", "), newer.aliases.join(", "), newer, within);
    this.ifDifferent("sort", place, older.order, newer.order, newer, within);
    const before = propertyWords(older.properties) + typePropertyWords(older.type);
    this.ifDifferent("properties", place, before, propertyWords(newer.properties) + typePropertyWords(newer.type), newer, within);
    this.parts({older: older.type, newer: newer.type, place});
  }
}

/** @param {Type} type */
const plainWords = (type) => typeWords(type);
/** @param {Type} type */
const exactWords = (type) => typeWords(type, {exact: true});

/** The branches of a union as they are written. @param {Type} type */
function branchOrder(type) {
  return type.kind === "union" ? `[${type.branches.map(exactWords).join(", ")}]` : "";
}

/** @param {Type} type */
const branchesOf = (type) => (type.kind === "union" ? type.branches.filter((branch) => branch.kind !== "null") : [type]);

/** @param {Field[]} fields */
const namesOf = (fields) => fields.map((field) => field.name).join(", ");

/**
 * Which older field each newer one comes from: the one of its name, else one of its aliases.
 *
 * @param {Field[]} older @param {Field[]} newer
 * @returns {Map<Field, Field>} newer to older
 */
function pairFields(older, newer) {
  const olderByName = new Map(older.map((field) => [field.name, field]));
  /** @type {Map<Field, Field>} */
  const pairs = new Map();
  for (const field of newer) {
    const same = olderByName.get(field.name);
    if (same) pairs.set(field, same);
  }
  const taken = new Set(pairs.values());
  for (const field of newer) {
    if (pairs.has(field)) continue;
    const source = field.aliases.map((alias) => olderByName.get(alias)).find((one) => one && !taken.has(one));
    if (!source) continue;
    pairs.set(field, source);
    taken.add(source);
  }
  return pairs;
}

/**
 * The fewest fields that must move to make the older order of the common fields the newer one.
 *
 * @param {Field[]} older @param {Field[]} newer @param {Map<Field, Field>} pairs
 * @returns {string[]} names
 */
function movedFields(older, newer, pairs) {
  const position = new Map(older.map((field, index) => [field, index]));
  const common = newer.filter((field) => pairs.has(field));
  const places = common.map((field) => /** @type {number} */ (position.get(/** @type {Field} */ (pairs.get(field)))));
  // Longest rising subsequence: ends[k] is where the best one of k+1 elements ends.
  /** @type {number[]} */
  const ends = [];
  /** @type {number[]} */
  const previous = [];
  places.forEach((place, index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[ends[middle]] < place) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? ends[low - 1] : -1;
    ends[low] = index;
  });
  const stays = new Set();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index]) stays.add(index);
  return common.filter((_, index) => !stays.has(index)).map((field) => field.name);
}

/**
 * In the order of the newer schema; what a record lost stands behind what it has.
 *
 * @param {Type} older
 * @param {Type} newer
 * @returns {Change[]}
 */
export function compareSchemas(older, newer) {
  const comparison = new Comparison();
  comparison.run(follow(older), follow(newer));
  return comparison.changes;
}

/** @typedef {{added: number, removed: number, changed: number}} Counts */

/** Fields added, fields removed, and other changes. @param {Change[]} changes @returns {Counts} */
export function countChanges(changes) {
  const counts = {added: 0, removed: 0, changed: 0};
  for (const change of changes) {
    if (change.kind === "added" || change.kind === "removed") ++counts[change.kind];
    else ++counts.changed;
  }
  return counts;
}

/**
 * Symbols gained and lost by an enum.
 *
 * @param {Change} change of kind "symbols"
 * @returns {{added: string[], removed: string[]}}
 */
export function symbolChanges(change) {
  const [before, after] = [change.before, change.after].map((text) => (text === "" ? [] : text.split(", ")));
  const [beforeSet, afterSet] = [new Set(before), new Set(after)];
  return {added: after.filter((one) => !beforeSet.has(one)), removed: before.filter((one) => !afterSet.has(one))};
}

/** What happened to one field from each schema to the next. */
/** @typedef {{id: number, change: Change}} Event */

/**
 * The changes of one field, newest first, followed back through its renames.
 *
 * @param {string} path in the newest schema
 * @param {{id: number, changes: Change[]}[]} steps newest first: what changed when schema `id` was registered
 * @returns {Event[]}
 */
export function fieldHistory(path, steps) {
  /** @type {Event[]} */
  const events = [];
  let wanted = path;
  for (const {id, changes} of steps) {
    const own = changes.filter((change) => change.path === wanted);
    for (const change of own) events.push({id, change});
    if (own.some((change) => change.kind === "added")) break;
    const renamed = own.find((change) => change.kind === "renamed");
    if (renamed) wanted = wanted.slice(0, wanted.length - renamed.after.length) + renamed.before;
  }
  return events;
}
