// Everything about one field, or about the schema itself when none is chosen.
import {CopyButton} from "../shell/parts.js";
import {html, useMemo, useState} from "../vendor/preact.js";
import {schemaAddress} from "./addresses.js";
import {ChangeWords} from "./change_words.js";
import {fieldHistory} from "./diff.js";
import {printJson} from "./json.js";
import {countFields, lookThrough} from "./tree.js";
import {counted, typeFlavour, typeWords, valueWords} from "./words.js";

/** @typedef {import("./tree.js").TreeNode} TreeNode */
/** @typedef {import("./model.js").Type} Type */
/** @typedef {import("./store_schemas.js").StoreSchemas} StoreSchemas */
/** @typedef {import("./store_schemas.js").Entry} Entry */

const SYMBOLS_SHOWN = 100;
const EVENTS_SHOWN = 30;
const VALUE_CHARACTERS_MAX = 20_000;

/** @param {{title: string, children?: unknown}} props */
function Fact({title, children}) {
  return html`<div class="fact"><dt>${title}</dt><dd>${children}</dd></div>`;
}

/** @param {{symbols: string[]}} props */
function Symbols({symbols}) {
  const [all, setAll] = useState(false);
  const shown = all ? symbols : symbols.slice(0, SYMBOLS_SHOWN);
  return html`<ul class="chips">${shown.map((symbol, i) => html`<li key=${i}>${symbol}</li>`)}</ul>
    ${shown.length < symbols.length && html`<button type="button" class="button small" onClick=${() => setAll(true)}>Show ${counted(symbols.length - shown.length, "more symbol")}</button>`}`;
}

/** @param {{properties: Map<string, import("./json.js").JsonValue>}} props */
function Properties({properties}) {
  return [...properties].map(([name, value]) => html`<${Fact} key=${name} title=${name}><code>${valueWords(value, VALUE_CHARACTERS_MAX)}</code></${Fact}>`);
}

/** @param {Type} record */
function fieldCount(record) {
  const all = countFields(record);
  return counted(record.fields.length, "field") + (all > record.fields.length ? `, ${all.toLocaleString("en")} with those inside` : "");
}

/** The named type that a field has or holds. @param {{type: Type}} props */
function Definition({type}) {
  const parts = type.kind === "record" ? fieldCount(type)
    : type.kind === "enum" ? counted(type.symbols.length, "symbol") : counted(type.size, "byte");
  return html`<section class="definition">
    <h3><span class="quiet">${type.kind}</span> <code>${type.name}</code></h3>
    ${type.doc && html`<p class="doc">${type.doc}</p>`}
    <dl>
      <${Fact} title="Has">${parts}</${Fact}>
      ${type.aliases.length > 0 && html`<${Fact} title="Aliases"><code>${type.aliases.join(", ")}</code></${Fact}>`}
      ${type.kind === "enum" && type.default !== undefined && html`<${Fact} title="Default"><code>${printJson(type.default)}</code></${Fact}>`}
      <${Properties} properties=${type.properties} />
    </dl>
    ${type.kind === "enum" && html`<${Symbols} symbols=${type.symbols} />`}
  </section>`;
}

/** Branches of a union, each in words. @param {{type: Type}} props */
function Branches({type}) {
  return html`<ul class="branches">${type.branches.map((branch, i) => html`<li key=${i} class=${typeFlavour(branch)}>${typeWords(branch, {levelsMax: 50})}</li>`)}</ul>`;
}

/** @param {{path: string, schemas: StoreSchemas, entry: Entry, address: (id: string) => string}} props */
function History({path, schemas, entry, address}) {
  const events = useMemo(() => fieldHistory(path, schemas.steps(entry)), [path, schemas, entry]);
  if (entry.id === "key" || schemas.values.length < 2) return null;
  const oldest = schemas.values.at(-1);
  const since = events.at(-1)?.change.kind === "added" ? null : oldest;
  return html`<section class="history"><h3>History</h3>
    <ol>
      ${events.slice(0, EVENTS_SHOWN).map(({id, change}, i) => html`<li key=${i}><a href=${address(String(id))}>Schema ${id}</a> <${ChangeWords} change=${change} brief=${true} /></li>`)}
      ${events.length > EVENTS_SHOWN && html`<li class="quiet">${counted(events.length - EVENTS_SHOWN, "earlier change")}</li>`}
      ${since && html`<li><a href=${address(since.id)}>Schema ${since.id}</a> <span>there from the first</span></li>`}
    </ol></section>`;
}

/** @param {{root: TreeNode, problems: string[]}} props */
function WholeSchema({root, problems}) {
  const {below} = lookThrough(root.type);
  return html`<h2>${below.name ? below.shortName : "Schema"}</h2>
    ${problems.length > 0 && html`<div class="problems" role="note"><h3>Not quite a valid schema</h3><ul>${problems.slice(0, 10).map((one, i) => html`<li key=${i}>${one}</li>`)}</ul></div>`}
    ${below.name ? html`<${Definition} type=${below} />` : html`<p class=${typeFlavour(root.type)}>${typeWords(root.type)}</p>`}
    <p class="quiet hint">Choose a field to see all about it.</p>`;
}

/**
 * @param {{root: TreeNode, node: TreeNode | null, problems: string[], cluster: string, store: string, schemas: StoreSchemas, entry: Entry,
 *          onActivate: (node: TreeNode) => void}} props
 */
export function FieldDetails({root, node, problems, cluster, store, schemas, entry, onActivate}) {
  if (!node) return html`<aside class="details" aria-label="About the schema"><${WholeSchema} root=${root} problems=${problems} /></aside>`;
  const {field, below, repeats} = node;
  const path = node.path;
  const union = field?.type.kind === "union" && below.kind === "union" ? below : null;
  const named = below.kind === "record" || below.kind === "enum" || below.kind === "fixed";
  const around = path.slice(0, path.length - node.segment.length);
  return html`<aside class="details" aria-label="About the field">
    <div class="path-line"><h2 title=${path.length < 1000 ? path : undefined}><span class="quiet">${around.length < 300 ? around : `…${around.slice(-200)}`}</span>${node.segment || "value"}</h2>
      ${path && html`<${CopyButton} text=${() => path} what="Path">Copy path</${CopyButton}>`}</div>
    <p class=${`type-line ${typeFlavour(node.type)}`}>${typeWords(node.type, {levelsMax: 50})}</p>
    ${field?.doc && html`<p class="doc">${field.doc}</p>`}
    <dl>
      ${below.logical && html`<${Fact} title="Stored as">${below.kind}</${Fact}>`}
      ${field && html`<${Fact} title="Default">${field.default === undefined ? html`<span class="quiet">none: every writer must give a value</span>` : html`<code>${valueWords(field.default, VALUE_CHARACTERS_MAX)}</code>`}</${Fact}>`}
      ${field && field.aliases.length > 0 && html`<${Fact} title="Aliases"><code>${field.aliases.join(", ")}</code></${Fact}>`}
      ${field && field.order !== "ascending" && html`<${Fact} title="Sort order">${field.order}</${Fact}>`}
      ${field && html`<${Properties} properties=${field.properties} />`}
      ${!named && html`<${Properties} properties=${below.properties} />`}
    </dl>
    ${union && html`<${Branches} type=${union} />`}
    ${named && html`<${Definition} type=${below} />`}
    ${repeats && html`<p>This is the record it is inside of: ${repeats.parent
      ? html`<button type="button" class="button small" onClick=${() => onActivate(repeats)}>Go to ${repeats.label}</button>`
      : html`<button type="button" class="button small" onClick=${() => onActivate(root.children[0])}>Go to the top</button>`}</p>`}
    <${History} path=${path} schemas=${schemas} entry=${entry} address=${(/** @type {string} */ id) => schemaAddress(cluster, store, id, {field: path})} />
  </aside>`;
}
