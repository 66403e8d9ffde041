// The schemas of one store: parsed and compared when first asked for, then kept.
import {compareSchemas, countChanges} from "./diff.js";
import {parseSchema, SchemaError} from "./model.js";

/** @typedef {import("./model.js").Schema} Schema */
/** @typedef {import("./diff.js").Change} Change */
/** @typedef {import("./diff.js").Counts} Counts */

/** @typedef {{id: number, schemaStr: string, registrationTimestamp: number}} Registered as GET /schema/{store} answers it */
/** @typedef {{id: string, number: number, text: string, registered: number}} Entry id: "12", or "key" */

export class StoreSchemas {
  /** @param {{superSetSchemaId: number, keySchema: Registered | null, schemas: Registered[]}} answer */
  constructor(answer) {
    const entry = (/** @type {Registered} */ one, /** @type {string} */ id) =>
      ({id, number: one.id, text: one.schemaStr, registered: one.registrationTimestamp ?? 0});
    /** @type {Entry[]} newest first */
    this.values = answer.schemas.map((one) => entry(one, String(one.id))).sort((a, b) => b.number - a.number);
    /** @type {Entry | null} */
    this.key = answer.keySchema ? entry(answer.keySchema, "key") : null;
    this.supersetId = answer.superSetSchemaId > 0 ? String(answer.superSetSchemaId) : "";
    /** @type {Map<string, Schema | SchemaError>} */
    this.parsed = new Map();
    /** @type {Map<string, Change[] | null>} */
    this.compared = new Map();
  }

  get latest() {
    return this.values.at(0) ?? null;
  }

  /** @param {string} id @returns {Entry | null} */
  find(id) {
    return id === "key" ? this.key : this.values.find((one) => one.id === id) ?? null;
  }

  /** The one registered before. @param {string} id @returns {Entry | null} */
  before(id) {
    const at = this.values.findIndex((one) => one.id === id);
    return at < 0 ? null : this.values[at + 1] ?? null;
  }

  /** The schema, or why its text is none. @param {Entry} entry @returns {Schema | SchemaError} */
  schema(entry) {
    let known = this.parsed.get(entry.id);
    if (!known) {
      try {
        known = parseSchema(entry.text);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        known = error;
      }
      this.parsed.set(entry.id, known);
    }
    return known;
  }

  /** null when one of the two is no schema. @param {Entry} older @param {Entry} newer @returns {Change[] | null} */
  changes(older, newer) {
    const pair = `${older.id}..${newer.id}`;
    let known = this.compared.get(pair);
    if (known === undefined) {
      const [left, right] = [this.schema(older), this.schema(newer)];
      known = left instanceof SchemaError || right instanceof SchemaError ? null : compareSchemas(left.root, right.root);
      this.compared.set(pair, known);
    }
    return known;
  }

  /** What the schema changed; null for the first one. @param {Entry} entry @returns {Counts | null} */
  counts(entry) {
    const older = this.before(entry.id);
    const changes = older && this.changes(older, entry);
    return changes && countChanges(changes);
  }

  /** For fieldHistory(), back from a schema. @param {Entry} entry @returns {{id: number, changes: Change[]}[]} */
  steps(entry) {
    const from = this.values.indexOf(entry);
    if (from < 0) return [];
    return this.values.slice(from, -1).map((newer, i) => ({id: newer.number, changes: this.changes(this.values[from + i + 1], newer) ?? []}));
  }
}
