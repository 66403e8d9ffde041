// An Avro schema as the pages show it: types with their parts, references resolved, nothing lost, any depth.
import {JsonError, parseJson} from "./json.js";

/** @typedef {import("./json.js").JsonValue} JsonValue */
/** @typedef {import("./json.js").JsonMap} JsonMap */

export const PRIMITIVES = new Set(["null", "boolean", "int", "long", "float", "double", "bytes", "string"]);

// What has a meaning of its own at each place; everything else is a custom property.
const TYPE_WORDS = new Set([
  "type", "name", "namespace", "doc", "aliases", "fields", "symbols", "default", "size", "items", "values", "logicalType",
]);
const FIELD_WORDS = new Set(["name", "type", "doc", "aliases", "default", "order"]);

/** One type. `kind` tells which of the members have a meaning. */
export class Type {
  /** @param {string} kind a primitive's name, or record, enum, fixed, array, map, union, reference, broken */
  constructor(kind) {
    this.kind = kind;
    /** Full name of a named type, or what a reference names. */
    this.name = "";
    /** @type {Type | null} what a reference stands for */
    this.target = null;
    this.doc = "";
    /** @type {string[]} full names */
    this.aliases = [];
    /** @type {Field[]} */
    this.fields = [];
    /** @type {string[]} */
    this.symbols = [];
    /** @type {JsonValue | undefined} of an enum */
    this.default = undefined;
    this.size = 0;
    /** @type {Type | null} what an array or a map holds */
    this.item = null;
    /** @type {Type[]} of a union */
    this.branches = [];
    /** Of a logical type that fits the type it is written on; one that does not is a custom property. */
    this.logical = "";
    this.precision = 0;
    this.scale = 0;
    /** @type {JsonMap} custom properties */
    this.properties = new Map();
    /** What is wrong with a broken one. */
    this.problem = "";
  }

  get shortName() {
    return this.name.slice(this.name.lastIndexOf(".") + 1);
  }
}

/** One field of a record. */
export class Field {
  /** @param {string} name @param {Type} type */
  constructor(name, type) {
    this.name = name;
    this.type = type;
    this.doc = "";
    /** @type {string[]} */
    this.aliases = [];
    /** @type {JsonValue | undefined} */
    this.default = undefined;
    this.order = "ascending";
    /** @type {JsonMap} */
    this.properties = new Map();
  }
}

/**
 * @typedef {object} Schema
 * @property {Type} root
 * @property {JsonValue} json
 * @property {Map<string, Type>} definitions by full name
 * @property {string[]} problems sentences; the rest of the schema is there all the same
 */

/** Says why a text is no schema at all. */
export class SchemaError extends Error {}

/** @param {JsonValue | undefined} value */
const asText = (value) => (typeof value === "string" ? value : "");
/** @param {JsonValue | undefined} value @returns {string[]} */
const asTexts = (value) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

/** @param {string} name @param {string} namespace */
function fullName(name, namespace) {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

/** @param {JsonMap} json @param {Set<string>} known @returns {JsonMap} */
function customProperties(json, known) {
  return new Map([...json].filter(([key]) => !known.has(key)));
}

/** @type {Record<string, (type: Type, json: JsonMap) => boolean>} */
const LOGICAL_FITS = {
  "date": (type) => type.kind === "int",
  "time-millis": (type) => type.kind === "int",
  "time-micros": (type) => type.kind === "long",
  "timestamp-millis": (type) => type.kind === "long",
  "timestamp-micros": (type) => type.kind === "long",
  "timestamp-nanos": (type) => type.kind === "long",
  "local-timestamp-millis": (type) => type.kind === "long",
  "local-timestamp-micros": (type) => type.kind === "long",
  "local-timestamp-nanos": (type) => type.kind === "long",
  "uuid": (type) => type.kind === "string" || (type.kind === "fixed" && type.size === 16),
  "duration": (type) => type.kind === "fixed" && type.size === 12,
  "big-decimal": (type) => type.kind === "bytes",
  "decimal": (type, json) => {
    const precision = json.get("precision");
    const scale = json.get("scale") ?? 0;
    return (type.kind === "bytes" || type.kind === "fixed") && typeof precision === "number" && precision > 0 &&
      typeof scale === "number" && scale >= 0 && scale <= precision;
  },
};

/**
 * Reads types from a stack of work instead of calling itself, so that depth costs memory only.
 */
class Builder {
  constructor() {
    /** @type {Map<string, Type>} */
    this.definitions = new Map();
    /** @type {string[]} */
    this.problems = [];
    /** @type {{json: JsonValue | undefined, namespace: string, put: (type: Type) => void}[]} */
    this.work = [];
    /** @type {{type: Type, candidates: string[]}[]} */
    this.references = [];
  }

  /** @param {JsonValue} json @returns {Type} */
  build(json) {
    /** @type {Type} */
    let root = new Type("broken");
    this.work.push({json, namespace: "", put: (type) => (root = type)});
    for (let next = this.work.pop(); next; next = this.work.pop()) next.put(this.one(next.json, next.namespace));
    for (const {type, candidates} of this.references) this.resolve(type, candidates);
    return root;
  }

  /** @param {string} problem */
  broken(problem) {
    const type = new Type("broken");
    type.problem = problem;
    this.problems.push(problem);
    return type;
  }

  /** @param {Type} type @param {string[]} candidates */
  resolve(type, candidates) {
    for (const name of candidates) {
      const target = this.definitions.get(name);
      if (!target) continue;
      type.name = name;
      type.target = target;
      return;
    }
    type.kind = "broken";
    type.problem = `there is no type ${type.name}`;
    this.problems.push(type.problem);
  }

  /** @param {JsonValue | undefined} json @param {string} namespace @returns {Type} */
  one(json, namespace) {
    // {"type": {"type": ...}}: only the innermost says something.
    while (json instanceof Map && (json.get("type") instanceof Map || Array.isArray(json.get("type")))) json = json.get("type");
    if (typeof json === "string") return this.named(json, namespace);
    if (Array.isArray(json)) return this.union(json, namespace);
    if (json === undefined) return this.broken("a type is missing");
    if (!(json instanceof Map)) return this.broken("a type is neither a name nor an object nor a union");
    const type = this.shaped(asText(json.get("type")), json, namespace);
    const logical = asText(json.get("logicalType"));
    const known = new Set(TYPE_WORDS);
    if (logical !== "" && Object.hasOwn(LOGICAL_FITS, logical) && LOGICAL_FITS[logical](type, json)) {
      type.logical = logical;
      if (logical === "decimal") {
        type.precision = Number(json.get("precision"));
        type.scale = Number(json.get("scale") ?? 0);
        known.add("precision").add("scale");
      }
    } else {
      known.delete("logicalType");
    }
    type.properties = customProperties(json, known);
    return type;
  }

  /** @param {string} word @param {JsonMap} json @param {string} namespace */
  shaped(word, json, namespace) {
    switch (word) {
      case "record":
      case "error":
        return this.record(json, namespace);
      case "enum": {
        const type = this.definition("enum", json, namespace);
        type.symbols = asTexts(json.get("symbols"));
        type.default = json.get("default");
        return type;
      }
      case "fixed": {
        const type = this.definition("fixed", json, namespace);
        type.size = Number(json.get("size") ?? 0);
        return type;
      }
      case "array":
      case "map": {
        const type = new Type(word);
        this.work.push({json: json.get(word === "array" ? "items" : "values"), namespace, put: (item) => (type.item = item)});
        return type;
      }
      case "":
        return this.broken('an object without "type"');
      default:
        return this.named(word, namespace);
    }
  }

  /** @param {string} name @param {string} namespace */
  named(name, namespace) {
    if (PRIMITIVES.has(name)) return new Type(name);
    const type = new Type("reference");
    type.name = name;
    this.references.push({type, candidates: [fullName(name, namespace), name]});
    return type;
  }

  /** @param {JsonValue[]} json @param {string} namespace */
  union(json, namespace) {
    const type = new Type("union");
    type.branches = json.map(() => new Type("broken"));
    for (let i = json.length - 1; i >= 0; --i)
      this.work.push({json: json[i], namespace, put: (branch) => (type.branches[i] = branch)});
    return type;
  }

  /** @param {string} kind @param {JsonMap} json @param {string} outer */
  definition(kind, json, outer) {
    const type = new Type(kind);
    const given = json.get("namespace");
    const name = asText(json.get("name"));
    type.name = fullName(name, typeof given === "string" ? given : outer);
    const namespace = type.name.slice(0, Math.max(0, type.name.lastIndexOf(".")));
    type.doc = asText(json.get("doc"));
    type.aliases = asTexts(json.get("aliases")).map((alias) => fullName(alias, namespace));
    if (name === "") this.problems.push(`a type of kind ${kind} has no name`);
    else if (this.definitions.has(type.name)) this.problems.push(`the type ${type.name} is defined twice`);
    else this.definitions.set(type.name, type);
    return type;
  }

  /** @param {JsonMap} json @param {string} outer */
  record(json, outer) {
    const type = this.definition("record", json, outer);
    const namespace = type.name.slice(0, Math.max(0, type.name.lastIndexOf(".")));
    const fields = json.get("fields");
    if (!Array.isArray(fields)) this.problems.push(`the record ${type.name} has no list of fields`);
    for (const one of Array.isArray(fields) ? fields : []) {
      const field = new Field("", new Type("broken"));
      if (one instanceof Map) {
        field.name = asText(one.get("name"));
        field.doc = asText(one.get("doc"));
        field.aliases = asTexts(one.get("aliases"));
        field.default = one.get("default");
        field.order = asText(one.get("order")) || "ascending";
        field.properties = customProperties(one, FIELD_WORDS);
      }
      type.fields.push(field);
    }
    // Pushed backwards, so that definitions are met in the order they are written in.
    for (let i = type.fields.length - 1; i >= 0; --i) {
      const one = /** @type {JsonValue[]} */ (fields)[i];
      this.work.push({json: one instanceof Map ? one.get("type") : undefined, namespace, put: (made) => (type.fields[i].type = made)});
    }
    return type;
  }
}

/**
 * @param {string} text
 * @returns {Schema}
 * @throws {SchemaError} when the text is no JSON
 */
export function parseSchema(text) {
  let json;
  try {
    json = parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new SchemaError(`The text of this schema is not JSON: ${error.message}.`);
    throw error;
  }
  const builder = new Builder();
  const root = builder.build(json);
  return {root, json, definitions: builder.definitions, problems: builder.problems};
}

/** What a type is once a reference is followed. @param {Type} type @returns {Type} */
export function follow(type) {
  return type.target ?? type;
}
