// What changed between two schemas, field by field.
import {useKeys} from "../shell/keys.js";
import {Icon, Notice} from "../shell/parts.js";
import {go} from "../shell/routes.js";
import {html, useMemo, useState} from "../vendor/preact.js";
import {diffAddress, schemaAddress} from "./addresses.js";
import {ChangeWords} from "./change_words.js";
import {countChanges} from "./diff.js";

/** @typedef {import("./diff.js").Change} Change */
/** @typedef {import("./store_schemas.js").StoreSchemas} StoreSchemas */
/** @typedef {import("./store_schemas.js").Entry} Entry */
/** @typedef {"all" | "added" | "removed" | "changed"} Choice */
/** @typedef {{path: string, side: "added" | "removed" | "changed", changes: Change[]}} Group of one field */

const GROUPS_SHOWN = 200;
const SIGNS = {added: "+", removed: "−", changed: "~"};

/** @param {Change} change @returns {Group["side"]} */
const sideOf = (change) => (change.kind === "added" || change.kind === "removed" ? change.kind : "changed");

/** Changes of one field together. @param {Change[]} changes @returns {Group[]} */
export function groupByField(changes) {
  /** @type {Group[]} */
  const groups = [];
  for (const change of changes) {
    const [path, side] = [change.path, sideOf(change)];
    const last = groups.at(-1);
    if (last && last.path === path && last.side === side) last.changes.push(change);
    else groups.push({path, side, changes: [change]});
  }
  return groups;
}

/** @param {{label: string, value: string, schemas: StoreSchemas, onChange: (id: string) => void}} props */
function Chooser({label, value, schemas, onChange}) {
  return html`<label><span aria-hidden="true">${label}</span>
    <select aria-label=${`${label} schema`} value=${value} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${schemas.values.map(({id}) => html`<option key=${id} value=${id} selected=${id === value}>Schema ${id}</option>`)}
    </select></label>`;
}

/** @param {{group: Group, address: string}} props */
function GroupLines({group, address}) {
  return html`<li class=${`change ${group.side}`}>
    <span class="sign" aria-hidden="true">${SIGNS[group.side]}</span>
    <div><a href=${address} class="change-path">${group.path || "the schema itself"}</a>
      <ul>${group.changes.map((change) => html`<li key=${change.kind}><${ChangeWords} change=${change} /></li>`)}</ul></div>
  </li>`;
}

/** @param {{changes: Change[], addressOf: (group: Group) => string}} props */
function ChangeList({changes, addressOf}) {
  const [choice, setChoice] = useState(/** @type {Choice} */ ("all"));
  const [shownMax, setShownMax] = useState(GROUPS_SHOWN);
  const groups = useMemo(() => groupByField(changes), [changes]);
  const counts = countChanges(changes);
  const chosen = choice === "all" ? groups : groups.filter((group) => group.side === choice);
  /** @type {[Choice, string, number][]} */
  const choices = [["all", "All", changes.length], ["added", "Added", counts.added], ["removed", "Removed", counts.removed], ["changed", "Changed", counts.changed]];
  return html`<div class="choices" role="group" aria-label="Which changes">
      ${choices.map(([id, title, count]) => html`<button key=${id} type="button" class=${`choice ${id}`} aria-pressed=${choice === id} disabled=${count === 0} onClick=${() => setChoice(id)}>${title} <b>${count}</b></button>`)}
    </div>
    <ol class="changes">${chosen.slice(0, shownMax).map((group, i) => html`<${GroupLines} key=${i} group=${group} address=${addressOf(group)} />`)}</ol>
    ${chosen.length > shownMax && html`<p><button type="button" class="button" onClick=${() => setShownMax(shownMax + 500)}>Show more: ${(chosen.length - shownMax).toLocaleString("en")} are left</button></p>`}`;
}

/** @param {{cluster: string, store: string, schemas: StoreSchemas, from: Entry | null, to: Entry}} props */
export function Changes({cluster, store, schemas, from, to}) {
  const toPair = (/** @type {string} */ older, /** @type {string} */ newer) => go(diffAddress(cluster, store, older, newer));
  useKeys(from ? [{key: "x", words: "Swap the two schemas", run: () => toPair(to.id, from.id)}] : []);
  if (!from)
    return html`<${Notice} title=${schemas.values.length < 2 ? "Only one schema" : "The first schema"}><p>${schemas.values.length < 2 ? "There is nothing to compare it with yet." : "There is none before it."}</p></${Notice}>`;
  const changes = schemas.changes(from, to);
  const addressOf = (/** @type {Group} */ group) =>
    schemaAddress(cluster, store, group.side === "removed" ? from.id : to.id, {field: group.path.replace(/(\[\]|\{\})+$/, "")});
  return html`<div class="changes-view">
    <div class="compare-line">
      <${Chooser} label="From" value=${from.id} schemas=${schemas} onChange=${(/** @type {string} */ id) => toPair(id, to.id)} />
      <button type="button" class="button bare" aria-label="Swap the two schemas" title="Swap (x)" onClick=${() => toPair(to.id, from.id)}><${Icon} name="swap" /></button>
      <${Chooser} label="To" value=${to.id} schemas=${schemas} onChange=${(/** @type {string} */ id) => toPair(from.id, id)} />
    </div>
    ${changes === null ? html`<${Notice} title="Cannot be compared"><p>The text of one of the two is no schema.</p></${Notice}>`
      : changes.length === 0 ? html`<${Notice} title="No differences"><p>Schema ${from.id} and schema ${to.id} have the same fields, types, defaults and documentation.</p></${Notice}>`
      : html`<${ChangeList} key=${`${from.id}..${to.id}`} changes=${changes} addressOf=${addressOf} />`}
  </div>`;
}
