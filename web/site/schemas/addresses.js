// Addresses of the schema room: #/schemas/<cluster>, .../<store>, .../<store>/<id>, .../<store>/key, .../<store>/<id>..<id>
import {hashOf} from "../shell/hash.js";

export const ROOM = "schemas";

/** @param {string} cluster @param {string} [search] */
export const listAddress = (cluster, search) => hashOf([ROOM, cluster], {q: search});

/**
 * @typedef {object} SchemaQuery
 * @property {string} [field] path of the selected field
 * @property {string} [filter] of field names
 * @property {string} [view] "json"; none: the fields
 */

/** @param {string} cluster @param {string} store @param {string} [id] @param {SchemaQuery} [query] */
export const schemaAddress = (cluster, store, id, query = {}) =>
  hashOf(id ? [ROOM, cluster, store, id] : [ROOM, cluster, store], {view: query.view, field: query.field, filter: query.filter});

/** @param {string} cluster @param {string} store @param {string} from @param {string} to */
export const diffAddress = (cluster, store, from, to) => `${hashOf([ROOM, cluster, store])}/${encodeURIComponent(from)}..${encodeURIComponent(to)}`;
