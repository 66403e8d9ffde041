// All stores of a cluster, found by typing.
import {get, useLoad} from "../shell/api.js";
import {useKeys} from "../shell/keys.js";
import {Failure, Icon, LongList, Marked, movedBy, Notice, Waiting} from "../shell/parts.js";
import {go, replaceAddress} from "../shell/routes.js";
import {html, useEffect, useMemo, useRef, useState} from "../vendor/preact.js";
import {listAddress, schemaAddress} from "./addresses.js";
import {cut, findStores} from "./search.js";
import {counted} from "./words.js";

/** @typedef {{name: string, owner: string, currentVersion: number, latestValueSchemaId: number, valueSchemaCount: number}} StoreRow */

const ROW_HEIGHT = 44;
const SYSTEM_STORE = "venice_system_store_";

/** @param {{row: StoreRow, marks: [number, number][], address: string, attributes: object}} props */
function StoreLine({row, marks, address, attributes}) {
  const schemas = row.valueSchemaCount > 0 ? counted(row.valueSchemaCount, "schema") : "no schema";
  return html`<a href=${address} tabindex="-1" class="store-line" ...${attributes}>
    <span class="store-name"><${Marked} pieces=${cut(row.name, marks)} /></span>
    <span class="store-owner">${row.owner}</span>
    <span class="store-version">${row.currentVersion > 0 ? `version ${row.currentVersion}` : html`<span class="quiet">no data yet</span>`}</span>
    <span class="store-schemas">${schemas}</span>
  </a>`;
}

/** @param {{cluster: string, stores: StoreRow[], search: string, reload: () => void}} props */
function Stores({cluster, stores, search, reload}) {
  const [query, setQuery] = useState(search);
  const [active, setActive] = useState(0);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const found = useMemo(() => findStores(stores, query), [stores, query]);
  const change = (/** @type {string} */ text) => {
    setQuery(text);
    setActive(0);
    if (list.current) list.current.scrollTop = 0;
  };
  useEffect(() => input.current?.focus({preventScroll: true}), []);
  const written = useRef(search);
  useEffect(() => {
    if (search !== written.current) change(search);
  }, [search]);
  useEffect(() => {
    const timer = setTimeout(() => {
      written.current = query;
      replaceAddress(listAddress(cluster, query));
    }, 250);
    return () => clearTimeout(timer);
  }, [query]);
  useKeys([
    {key: "/", words: "Search", run: () => input.current?.select()},
    {key: "↑ ↓", words: "Move through the stores"},
    {key: "Enter", words: "Open the store", inText: true},
    {key: "Escape", words: "Clear the search", inText: true, run: () => change("")},
    {key: "r", words: "Load again", run: reload},
  ]);
  const keyDown = (/** @type {KeyboardEvent} */ event) => {
    const row = found[active];
    const page = Math.max(1, Math.floor((list.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    // Home and End move the cursor in what was typed.
    const to = event.key === "Home" || event.key === "End" ? null : movedBy(event.key, active, found.length, page);
    if (to !== null) setActive(to);
    else if (event.key === "Enter" && row) go(schemaAddress(cluster, stores[row.index].name));
    else return;
    event.preventDefault();
  };
  const optionId = (/** @type {number} */ index) => `store-${index}`;
  return html`<div class="stores">
    <div class="search-line">
      <label class="search"><${Icon} name="search" />
        <input ref=${input} type="text" placeholder="Search stores by name or owner" aria-label="Search stores" value=${query} autocomplete="off" spellcheck=${false}
          role="combobox" aria-expanded="true" aria-controls="stores" aria-autocomplete="list" aria-activedescendant=${found.length > 0 ? optionId(active) : undefined}
          onInput=${() => change(input.current?.value ?? "")} onKeyDown=${keyDown} />
        <kbd>/</kbd>
      </label>
      <p class="quiet" role="status">${query.trim() === "" ? counted(stores.length, "store") : `${found.length.toLocaleString("en")} of ${counted(stores.length, "store")}`}</p>
      <button type="button" class="button bare" title="Load again (r)" aria-label="Load again" onClick=${reload}><${Icon} name="reload" /></button>
    </div>
    ${found.length === 0 && html`<${Notice} title="No store matches"><p>Nothing here has <b>${query}</b> in its name or owner. <button type="button" class="button small" onClick=${() => change("")}>Clear the search</button></p></${Notice}>`}
    <${LongList} count=${found.length} rowHeight=${ROW_HEIGHT} active=${active} hold=${list}
      attributes=${{id: "stores", role: "listbox", "aria-label": "Stores", hidden: found.length === 0, style: {height: `${found.length * ROW_HEIGHT + 2}px`}}}
      render=${(/** @type {number} */ index, /** @type {object} */ style) => {
        const row = stores[found[index].index];
        return html`<${StoreLine} key=${row.name} row=${row} marks=${found[index].marks} address=${schemaAddress(cluster, row.name)} attributes=${{
          id: optionId(index), role: "option", "aria-selected": index === active, "aria-posinset": index + 1, "aria-setsize": found.length, style}} />`;
      }} />
  </div>`;
}

/** @param {StoreRow[]} stores */
function systemLast(stores) {
  const isSystem = (/** @type {StoreRow} */ store) => store.name.startsWith(SYSTEM_STORE);
  return [...stores.filter((store) => !isSystem(store)), ...stores.filter(isSystem)];
}

/** @param {{cluster: string}} props */
function NoStores({cluster}) {
  return html`<${Notice} title="No stores yet">
    <p>The cluster <b>${cluster}</b> has no store. Make one:</p>
    <pre class="command">venice-admin-tool new-store --url ${location.origin} \\
  --cluster ${cluster} --store NAME \\
  --key-schema-file key.avsc --value-schema-file value.avsc</pre>
  </${Notice}>`;
}

/** @param {{cluster: string, search: string}} props */
export function StoreList({cluster, search}) {
  const {value, error, reload} = useLoad(`stores of ${cluster}`, async () => systemLast((await get("/stores", {cluster_name: cluster})).stores));
  useEffect(() => {
    document.title = `Stores of ${cluster} · Venice`;
  }, [cluster]);
  if (error) return html`<${Failure} error=${error} retry=${reload} />`;
  if (!value) return html`<${Waiting} what="the stores" />`;
  return html`<div class="page store-list-page">
    <h1>Stores <span class="quiet">of ${cluster}</span></h1>
    ${value.length === 0 ? html`<${NoStores} cluster=${cluster} />` : html`<${Stores} cluster=${cluster} stores=${value} search=${search} reload=${reload} />`}
  </div>`;
}
