// The value schemas of a store, newest first, with what each changed.
import {counted, ageWords, timeWords} from "./words.js";
import {html, useEffect, useRef, useState} from "../vendor/preact.js";

/** @typedef {import("./store_schemas.js").StoreSchemas} StoreSchemas */
/** @typedef {import("./store_schemas.js").Entry} Entry */
/** @typedef {import("./diff.js").Counts} Counts */

const SHOWN_MAX = 200;
// Comparing goes on in slices of this length, so that the page answers in between.
const SLICE_MS = 8;

/**
 * Compares one schema after the other, newest first.
 *
 * @param {StoreSchemas} schemas
 * @returns {Map<string, Counts | null>} what is known so far
 */
function useCounts(schemas) {
  const [known, setKnown] = useState(/** @type {{of: StoreSchemas, counts: Map<string, Counts | null>}} */ ({of: schemas, counts: new Map()}));
  useEffect(() => {
    const counts = new Map();
    let at = 0;
    let timer = 0;
    const slice = () => {
      const end = performance.now() + SLICE_MS;
      for (; at < schemas.values.length && performance.now() < end; ++at) counts.set(schemas.values[at].id, schemas.counts(schemas.values[at]));
      setKnown({of: schemas, counts: new Map(counts)});
      if (at < schemas.values.length) timer = window.setTimeout(slice, 0);
    };
    timer = window.setTimeout(slice, 0);
    return () => clearTimeout(timer);
  }, [schemas]);
  return known.of === schemas ? known.counts : new Map();
}

/** @param {{counts: Counts}} props */
export function CountMarks({counts}) {
  const {added, removed, changed} = counts;
  if (added + removed + changed === 0) return html`<span class="counts quiet">same fields</span>`;
  const words = [added && `${added} added`, removed && `${removed} removed`, changed && `${changed} changed`].filter(Boolean).join(", ");
  return html`<span class="counts" title=${words}>
    <span class="visually-hidden">${words}</span>
    <span aria-hidden="true">
      ${added > 0 && html`<b class="added">+${added}</b>`} ${removed > 0 && html`<b class="removed">−${removed}</b>`} ${changed > 0 && html`<b class="changed">~${changed}</b>`}
    </span>
  </span>`;
}

/** @param {{registered: number}} props */
export function When({registered}) {
  if (registered <= 0) return html`<span class="quiet">time not known</span>`;
  return html`<time dateTime=${new Date(registered).toISOString()} title=${timeWords(registered)}>${ageWords(registered, Date.now())}</time>`;
}

/** @param {{entry: Entry, schemas: StoreSchemas}} props */
export function Badges({entry, schemas}) {
  return html`${entry === schemas.latest && html`<span class="badge" title="The newest value schema">latest</span>`}
    ${entry.id === schemas.supersetId && html`<span class="badge superset" title="Has every field of every value schema; merged records are written with it">superset</span>`}`;
}

/** @param {{schemas: StoreSchemas, current: string, addressOf: (id: string) => string}} props */
export function VersionList({schemas, current, addressOf}) {
  const [all, setAll] = useState(false);
  const counts = useCounts(schemas);
  const shown = all ? schemas.values : schemas.values.slice(0, SHOWN_MAX);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => list.current?.querySelector("[aria-current]")?.scrollIntoView({block: "nearest", inline: "nearest"}), [current]);
  const more = schemas.values.length - shown.length;
  return html`<nav ref=${list} class="versions" aria-label="Schemas of the store">
    ${schemas.key && html`<h2>Key schema</h2>
      <a class="version" href=${addressOf("key")} aria-current=${current === "key" ? "true" : undefined}><span class="version-name">Key</span><${When} registered=${schemas.key.registered} /></a>`}
    <h2>${counted(schemas.values.length, "value schema")}</h2>
    ${shown.map((entry) => {
      const count = counts.get(entry.id);
      return html`<a key=${entry.id} class="version" href=${addressOf(entry.id)} aria-current=${current === entry.id ? "true" : undefined}>
        <span class="version-name">Schema ${entry.id} <${Badges} entry=${entry} schemas=${schemas} /></span>
        <${When} registered=${entry.registered} />
        ${count ? html`<${CountMarks} counts=${count} />` : html`<span class="counts quiet">${count === null && entry === schemas.values.at(-1) ? "first" : ""}</span>`}
      </a>`;
    })}
    ${more > 0 && html`<button type="button" class="button small" onClick=${() => setAll(true)}>Show ${counted(more, "older schema")}</button>`}
  </nav>`;
}
