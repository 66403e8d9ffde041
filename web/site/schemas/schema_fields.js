// The fields of one schema: filter, tree, details.
import {useKeys} from "../shell/keys.js";
import {copy, Icon, Notice} from "../shell/parts.js";
import {replaceAddress} from "../shell/routes.js";
import {html, useEffect, useLayoutEffect, useMemo, useRef, useState} from "../vendor/preact.js";
import {schemaAddress} from "./addresses.js";
import {FieldDetails} from "./field_details.js";
import {ChangeMarks, SchemaTree} from "./schema_tree.js";
import {findRows, makeTree, openAlike, openAll, openPath, visibleRows} from "./tree.js";
import {counted} from "./words.js";

/** @typedef {import("./tree.js").TreeNode} TreeNode */
/** @typedef {import("./store_schemas.js").StoreSchemas} StoreSchemas */
/** @typedef {import("./store_schemas.js").Entry} Entry */

// A schema that fits on about a screen is shown open.
const OPENED_ROWS_MAX = 45;
// Holding an arrow key moves faster than browsers let addresses change.
const ADDRESS_DELAY_MS = 250;

/** @param {import("./model.js").Schema} schema @param {TreeNode | null} earlier the tree shown before, of another schema */
function openedTree(schema, earlier) {
  const root = makeTree(schema.root);
  if (earlier) {
    openAlike(earlier, root);
    return root;
  }
  openAll(root, true);
  if (visibleRows(root).length > OPENED_ROWS_MAX) openAll(root, false);
  return root;
}

/** Opens the rows around a node. @param {TreeNode} node */
function show(node) {
  for (let one = node.parent; one; one = one.parent) one.open = true;
}

/** @param {{count: number | null, filter: string, onFilter: (text: string) => void, onOpenAll: (open: boolean) => void, input: import("../vendor/preact.js").RefObject<HTMLInputElement>}} props */
function Tools({count, filter, onFilter, onOpenAll, input}) {
  const toTree = (/** @type {KeyboardEvent} */ event) => {
    const leaves = event.key === "ArrowDown" || event.key === "Enter" || (event.key === "Escape" && filter === "");
    if (!leaves) return;
    event.preventDefault();
    document.getElementById("fields")?.focus();
  };
  return html`<div class="field-tools">
    <label class="search small"><${Icon} name="search" />
      <input ref=${input} type="text" placeholder="Filter fields" aria-label="Filter fields by name" value=${filter} autocomplete="off" spellcheck=${false}
        onInput=${() => onFilter(input.current?.value ?? "")} onKeyDown=${toTree} /><kbd>/</kbd></label>
    <span class="quiet" role="status">${count !== null && (count === 0 ? "no field matches" : counted(count, "field"))}</span>
    <span class="spring"></span>
    <button type="button" class="button small" disabled=${filter !== ""} title="Open everything (e)" onClick=${() => onOpenAll(true)}>Expand all</button>
    <button type="button" class="button small" disabled=${filter !== ""} title="Close everything (c)" onClick=${() => onOpenAll(false)}>Collapse all</button>
  </div>`;
}

/**
 * @param {{cluster: string, store: string, schemas: StoreSchemas, entry: Entry, schema: import("./model.js").Schema, field: string, filter: string,
 *          latest: {current: {field: string, filter: string}}}} props latest: kept up to date with what is chosen here
 */
export function SchemaFields({cluster, store, schemas, entry, schema, field, filter: filterOfAddress, latest}) {
  const earlier = useRef(/** @type {TreeNode | null} */ (null));
  const root = useMemo(() => openedTree(schema, earlier.current), [schema]);
  earlier.current = root;
  const [changed, setChanged] = useState(0);
  const [active, setActive] = useState(/** @type {TreeNode | null} */ (null));
  const [filter, setFilter] = useState(filterOfAddress);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const grew = () => setChanged((old) => old + 1);

  // What the address names is shown; what is chosen here is written into the address.
  const written = useRef("");
  useLayoutEffect(() => {
    if (field === written.current && active && rootOf(active) === root) return;
    written.current = field;
    setActive(field === "" ? null : openPath(root, field));
    grew();
  }, [root, field]);
  const path = active && rootOf(active) === root ? active.path : field;
  latest.current = {field: path, filter};
  useEffect(() => {
    const timer = setTimeout(() => {
      written.current = path;
      replaceAddress(schemaAddress(cluster, store, entry.id, {field: path, filter}));
    }, ADDRESS_DELAY_MS);
    return () => clearTimeout(timer);
  }, [path, filter, entry]);

  const before = schemas.before(entry.id);
  const marks = useMemo(() => new ChangeMarks((before && schemas.changes(before, entry)) ?? []), [schemas, entry]);
  const count = useMemo(() => (filter === "" ? null : findRows(root, filter).count), [root, filter]);
  const all = (/** @type {boolean} */ open) => {
    openAll(root, open);
    grew();
  };
  const clear = () => {
    if (active) show(active);
    setFilter("");
    document.getElementById("fields")?.focus();
  };
  const shown = active && rootOf(active) === root ? active : null;
  useKeys([
    {key: "/", words: "Filter fields by name", run: () => input.current?.select()},
    {key: "↑ ↓", words: "Move through the fields"},
    {key: "← →", words: "Close and open a field"},
    {key: "e", words: "Expand all", run: () => all(true)},
    {key: "c", words: "Collapse all", run: () => all(false)},
    {key: "y", words: "Copy the path of the field", run: () => shown && copy(shown.path, "Path")},
    ...(filter === "" ? [] : [{key: "Escape", words: "Clear the filter", inText: true, run: clear}]),
  ]);
  const activate = (/** @type {TreeNode} */ node) => {
    show(node);
    setActive(node);
    grew();
  };
  return html`<div class="fields-view">
    <${Tools} count=${count} filter=${filter} onFilter=${setFilter} onOpenAll=${all} input=${input} />
    ${field !== "" && !shown && written.current === field && html`<p class="no-field" role="status">Schema ${entry.id} has no field <code>${field.slice(0, 200)}</code>.</p>`}
    <div class="fields-and-details">
      ${count === 0 ? html`<${Notice} title="No field matches"><p>No field has <b>${filter}</b> in its name or aliases. <button type="button" class="button small" onClick=${clear}>Clear the filter</button></p></${Notice}>`
        : html`<${SchemaTree} root=${root} filter=${filter} active=${shown} marks=${marks} changed=${changed} onActivate=${activate} onChange=${grew} />`}
      <${FieldDetails} root=${root} node=${shown} problems=${schema.problems} cluster=${cluster} store=${store} schemas=${schemas} entry=${entry} onActivate=${activate} />
    </div>
  </div>`;
}

/** @param {TreeNode} node */
function rootOf(node) {
  let one = node;
  while (one.parent) one = one.parent;
  return one;
}
