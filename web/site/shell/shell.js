// What is around every room: the bar, the choice of cluster, help, and what to say when there is nothing to show.
import {html, useEffect, useRef, useState} from "../vendor/preact.js";
import {get, useLoad} from "./api.js";
import {hashOf} from "./hash.js";
import {activeKeys, useKeys} from "./keys.js";
import {Announcements, Failure, Notice, Waiting} from "./parts.js";
import {go, replaceAddress, useRoute} from "./routes.js";
import {ThemeButton} from "./theme.js";

/** @typedef {import("./hash.js").Route} Route */

/**
 * @typedef {object} RoomProps
 * @property {string} cluster
 * @property {string[]} parts of the address, behind the cluster
 * @property {Record<string, string>} query
 */

/**
 * One room of the console.
 *
 * @typedef {object} Room
 * @property {string} id first part of its addresses
 * @property {string} title
 * @property {(props: RoomProps) => unknown} View
 */

/** @param {{onClose: () => void}} props */
function Help({onClose}) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  const keys = activeKeys();
  return html`<dialog ref=${dialog} class="help" aria-label="Keys" onClose=${onClose}
      onClick=${(/** @type {Event} */ event) => event.target === dialog.current && dialog.current?.close()}>
    <div class="help-inside">
      <header><h2>Keys</h2><button type="button" class="button bare" aria-label="Close" onClick=${() => dialog.current?.close()}>×</button></header>
      <dl>${keys.map(({key, words}) => html`<div key=${key + words}><dt>${key.split(" ").map((one) => html`<kbd>${one}</kbd>`)}</dt><dd>${words}</dd></div>`)}</dl>
    </div>
  </dialog>`;
}

/** @param {{names: string[], cluster: string, room: string}} props */
function ClusterChoice({names, cluster, room}) {
  if (names.length < 2) return null;
  const change = (/** @type {Event} */ event) => go(hashOf([room, /** @type {HTMLSelectElement} */ (event.target).value]));
  return html`<label class="cluster-choice"><span>Cluster</span>
    <select value=${cluster} onChange=${change}>${names.map((name) => html`<option key=${name} value=${name} selected=${name === cluster}>${name}</option>`)}</select>
  </label>`;
}

/** @param {{rooms: Room[], room: Room | undefined, names: string[], cluster: string, onHelp: () => void}} props */
function Bar({rooms, room, names, cluster, onHelp}) {
  return html`<header class="bar">
    <a class="brand" href="#/"><img src="icon.svg" alt="" width="24" height="24" /> Venice</a>
    <nav aria-label="Rooms">
      ${rooms.map(({id, title}) => html`<a key=${id} href=${hashOf(cluster ? [id, cluster] : [id])} aria-current=${id === room?.id ? "page" : undefined}>${title}</a>`)}
      <a href="../api-docs">API</a>
    </nav>
    <span class="spring"></span>
    <${ClusterChoice} names=${names} cluster=${cluster} room=${room?.id ?? rooms[0].id} />
    <${ThemeButton} />
    <button type="button" class="button bare" aria-label="Keys" title="Keys (?)" onClick=${onHelp}>?</button>
  </header>`;
}

/** @param {{rooms: Room[], room: Room | undefined, route: Route, names: string[]}} props */
function Inside({rooms, room, route, names}) {
  const [, cluster, ...parts] = route.parts;
  if (names.length === 0)
    return html`<${Notice} title="No cluster"><p>This controller serves no cluster: its setting <code>cluster.to.…</code> names none.</p></${Notice}>`;
  if (!room)
    return html`<${Notice} title="There is no such page"><p>The console has ${rooms.map(({id, title}) => html`<a href=${hashOf([id])}>${title}</a>`)}.</p></${Notice}>`;
  if (cluster !== undefined && !names.includes(cluster))
    return html`<${Notice} title="Another cluster">
      <p>This controller does not serve the cluster <b>${cluster}</b>. It serves ${names.map((name, i) => html`${i > 0 ? ", " : ""}<a href=${hashOf([room.id, name])}>${name}</a>`)}.</p>
    </${Notice}>`;
  return cluster === undefined ? null : html`<${room.View} key=${cluster} cluster=${cluster} parts=${parts} query=${route.query} />`;
}

/** @param {{rooms: Room[]}} props */
export function Shell({rooms}) {
  const route = useRoute();
  const [help, setHelp] = useState(false);
  const clusters = useLoad("clusters", () => get("/clusters"));
  useKeys([{key: "?", words: "These keys", run: () => setHelp(true)}]);
  /** @type {string[]} */
  const names = (clusters.value?.clusters ?? []).map((/** @type {{name: string}} */ one) => one.name);
  const room = route.parts.length === 0 ? rooms[0] : rooms.find(({id}) => id === route.parts[0]);
  const cluster = route.parts[1] ?? names[0] ?? "";
  useEffect(() => {
    // Every address says its cluster, so that it means the same tomorrow.
    if (room && route.parts.length < 2 && names.length > 0) replaceAddress(hashOf([room.id, names[0]], route.query));
  });
  return html`
    <a class="skip" href="#content" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      document.getElementById("content")?.focus();
    }}>To the content</a>
    <${Bar} rooms=${rooms} room=${room} names=${names} cluster=${names.includes(cluster) ? cluster : names[0] ?? ""} onHelp=${() => setHelp(true)} />
    <main id="content" tabindex="-1">
      ${clusters.error ? html`<${Failure} error=${clusters.error} retry=${clusters.reload} />`
        : clusters.value ? html`<${Inside} rooms=${rooms} room=${room} route=${route} names=${names} />`
        : html`<${Waiting} what="the clusters" />`}
    </main>
    ${help && html`<${Help} onClose=${() => setHelp(false)} />`}
    <${Announcements} />`;
}
