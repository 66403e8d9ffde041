// One store: who owns it, its schemas, and one of them in full.
import {get, useLoad} from "../shell/api.js";
import {useKeys} from "../shell/keys.js";
import {Failure, Icon, Notice, Waiting} from "../shell/parts.js";
import {go} from "../shell/routes.js";
import {html, useEffect, useRef} from "../vendor/preact.js";
import {diffAddress, listAddress, schemaAddress} from "./addresses.js";
import {Changes} from "./changes.js";
import {SchemaError} from "./model.js";
import {RawText} from "./raw_text.js";
import {SchemaFields} from "./schema_fields.js";
import {StoreSchemas} from "./store_schemas.js";
import {Badges, VersionList} from "./version_list.js";
import {timeWords, typeWords} from "./words.js";

/** @typedef {import("./store_schemas.js").Entry} Entry */
/** @typedef {{owner: string, currentVersion: number}} StoreInfo */
/** @typedef {{info: StoreInfo, schemas: StoreSchemas}} Data */
/** @typedef {{cluster: string, store: string, data: Data, reload: () => void}} Here */

/** @param {string} cluster @param {string} store @returns {Promise<Data>} */
async function load(cluster, store) {
  const query = {cluster_name: cluster};
  const name = encodeURIComponent(store);
  const [info, schemas] = await Promise.all([get(`/stores/${name}`, query), get(`/schema/${name}`, query)]);
  return {info: info.store, schemas: new StoreSchemas(schemas)};
}

/** @param {Here} props */
function Header({cluster, store, data, reload}) {
  const {info, schemas} = data;
  const key = schemas.key && schemas.schema(schemas.key);
  return html`<header class="store-header">
    <p class="crumbs"><a href=${listAddress(cluster)}>Stores of ${cluster}</a></p>
    <div class="store-title"><h1>${store}</h1><button type="button" class="button bare" title="Load again (r)" aria-label="Load again" onClick=${reload}><${Icon} name="reload" /></button></div>
    <dl class="store-facts">
      <div><dt>Owner</dt><dd>${info.owner || html`<span class="quiet">nobody</span>`}</dd></div>
      <div><dt>Current version</dt><dd>${info.currentVersion > 0 ? info.currentVersion : html`<span class="quiet">no data yet</span>`}</dd></div>
      <div><dt>Key</dt><dd>${key === null ? html`<span class="quiet">none yet</span>`
        : html`<a href=${schemaAddress(cluster, store, "key")}>${key instanceof SchemaError ? "cannot be read" : typeWords(key.root, {levelsMax: 2})}</a>`}</dd></div>
    </dl>
  </header>`;
}

/** @param {{id: string, address: string, current: string, title: string}} props */
function Tab({id, address, current, title}) {
  return html`<a href=${address} aria-current=${id === current ? "page" : undefined}>${title}</a>`;
}

/** @param {Here & {entry: Entry, from: Entry | null, view: string, field: string, filter: string}} props */
function OneSchema({cluster, store, data, entry, from, view, field, filter}) {
  const {schemas} = data;
  const schema = schemas.schema(entry);
  const before = schemas.before(entry.id);
  // The address follows what is chosen with a delay; keys must not be faster than it.
  const latest = useRef({field, filter});
  latest.current = {field, filter};
  const address = (/** @type {string} */ shown) =>
    shown === "changes" && before ? diffAddress(cluster, store, before.id, entry.id) : schemaAddress(cluster, store, entry.id, {view: shown === "json" ? "json" : undefined, ...latest.current});
  const at = schemas.values.indexOf(entry);
  const step = (/** @type {number} */ by) => {
    const next = at < 0 ? undefined : schemas.values[at - by];
    if (!next) return;
    const older = schemas.before(next.id);
    go(view === "changes" && older ? diffAddress(cluster, store, older.id, next.id) : schemaAddress(cluster, store, next.id, {view: view === "json" ? "json" : undefined, ...latest.current}));
  };
  useKeys([
    {key: "[", words: "The schema before", run: () => step(-1)},
    {key: "]", words: "The schema after", run: () => step(1)},
    {key: "f", words: "Fields", run: () => go(address(""))},
    {key: "d", words: "Differences", run: () => before && go(address("changes"))},
    {key: "j", words: "JSON", run: () => go(address("json"))},
  ]);
  return html`<section class="schema" aria-label=${entry.id === "key" ? "Key schema" : `Schema ${entry.id}`}>
    <div class="schema-line">
      <h2>${entry.id === "key" ? "Key schema" : `Schema ${entry.id}`}</h2> <${Badges} entry=${entry} schemas=${schemas} />
      <span class="quiet registered">${entry.registered > 0 && `registered ${timeWords(entry.registered)}`}</span>
      <nav class="tabs" aria-label="Views">
        <${Tab} id="" current=${view} title="Fields" address=${address("")} />
        ${before && html`<${Tab} id="changes" current=${view} title="Differences" address=${address("changes")} />`}
        <${Tab} id="json" current=${view} title="JSON" address=${address("json")} />
      </nav>
    </div>
    ${view === "changes" ? html`<${Changes} cluster=${cluster} store=${store} schemas=${schemas} from=${from} to=${entry} />`
      : schema instanceof SchemaError ? html`<${Notice} title="This schema cannot be read"><p>${schema.message} Here it is as it is stored.</p></${Notice}><${RawText} text=${entry.text} schema=${null} />`
      : view === "json" ? html`<${RawText} text=${entry.text} schema=${schema} />`
      : html`<${SchemaFields} cluster=${cluster} store=${store} schemas=${schemas} entry=${entry} schema=${schema} field=${field} filter=${filter} latest=${latest} />`}
  </section>`;
}

/** @param {Here & {which: string, query: Record<string, string>}} props */
function Chosen({cluster, store, data, reload, which, query}) {
  const {schemas} = data;
  const [first, second] = which.split("..");
  const entry = which === "" ? schemas.latest ?? schemas.key : schemas.find(second ?? first);
  const from = second === undefined ? null : schemas.find(first);
  if (!entry || (second !== undefined && !from) || (second !== undefined && entry.id === "key")) {
    return html`<${Notice} title="There is no such schema">
      <p>The store <b>${store}</b> has no schema <b>${which || "yet"}</b>. ${schemas.latest && html`The newest one is <a href=${schemaAddress(cluster, store, schemas.latest.id)}>schema ${schemas.latest.id}</a>.`}</p>
    </${Notice}>`;
  }
  const view = second !== undefined ? "changes" : query.view === "json" ? "json" : "";
  const addressOf = (/** @type {string} */ id) => {
    const older = schemas.before(id);
    return view === "changes" && older ? diffAddress(cluster, store, older.id, id)
      : schemaAddress(cluster, store, id, {view: query.view, field: query.field, filter: query.filter});
  };
  return html`<div class="store-body">
    <${VersionList} schemas=${schemas} current=${entry.id} addressOf=${addressOf} />
    <${OneSchema} cluster=${cluster} store=${store} data=${data} reload=${reload} entry=${entry} from=${from} view=${view} field=${query.field ?? ""} filter=${query.filter ?? ""} />
  </div>`;
}

/** @param {{cluster: string, store: string, which: string, query: Record<string, string>}} props */
export function StorePage({cluster, store, which, query}) {
  const {value, error, reload} = useLoad(`store ${cluster}/${store}`, () => load(cluster, store));
  useKeys([
    {key: "Escape", words: "Back to the stores", run: () => go(listAddress(cluster))},
    {key: "r", words: "Load again", run: reload},
  ]);
  useEffect(() => {
    document.title = `${store} · Venice`;
  }, [store]);
  if (error?.status === 404)
    return html`<${Notice} title="There is no such store" retry=${reload}><p>The cluster <b>${cluster}</b> has no store <b>${store}</b>: it was deleted, or is spelt another way. <a href=${listAddress(cluster)}>All stores</a></p></${Notice}>`;
  if (error) return html`<${Failure} error=${error} retry=${reload} />`;
  if (!value) return html`<${Waiting} what="the store" />`;
  const here = {cluster, store, data: value, reload};
  return html`<div class="page store-page">
    <${Header} ...${here} />
    <${Chosen} ...${here} which=${which} query=${query} />
  </div>`;
}
