// Small parts that every room uses.
import {html, useEffect, useLayoutEffect, useRef, useState} from "../vendor/preact.js";

/** @typedef {import("./api.js").ApiError} ApiError */

const ICONS = {
  chevron: "M6 4l4 4-4 4",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.4 3.4",
  reload: "M13 8a5 5 0 1 1-1.6-3.7M13 2.2v3h-3",
  link: "M4 12l8-8M6 4h6v6",
  light: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M3.2 12.8l1.1-1.1M11.7 4.3l1.1-1.1",
  dark: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  swap: "M3 5.5h9.5L10 3M13 10.5H3.5L6 13",
};

/** @param {{name: keyof typeof ICONS}} props */
export function Icon({name}) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

/**
 * A failure, or nothing to show: in words, with what can be done.
 *
 * @param {{title: string, retry?: () => void, children?: unknown}} props
 */
export function Notice({title, retry, children}) {
  return html`<section class="notice" role="status">
    <h2>${title}</h2>
    ${children}
    ${retry && html`<p><button type="button" class="button primary" onClick=${retry}><${Icon} name="reload" /> Try again</button></p>`}
  </section>`;
}

/** @param {{error: ApiError, retry: () => void}} props */
export function Failure({error, retry}) {
  return html`<${Notice} title=${error.title} retry=${retry}><p>${error.message}</p></${Notice}>`;
}

/** Shown only when it takes long enough to be noticed. @param {{what: string}} props */
export function Waiting({what}) {
  return html`<p class="quiet waiting" role="status">Loading ${what}…</p>`;
}

/** @param {string} text */
async function copyText(text) {
  // The clipboard interface exists on https and localhost only; consoles are often opened on neither.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "off-screen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser refused");
}

/** Says a short sentence for a moment. @param {string} sentence */
export function announce(sentence) {
  dispatchEvent(new CustomEvent("announce", {detail: sentence}));
}

/** @param {string} text @param {string} what */
export function copy(text, what) {
  copyText(text).then(() => announce(`${what} copied`), () => announce(`${what} could not be copied: the browser refused`));
}

/** @param {{text: () => string, what: string, children?: unknown}} props */
export function CopyButton({text, what, children}) {
  return html`<button type="button" class="button small" title=${`Copy ${what.toLowerCase()}`} onClick=${() => copy(text(), what)}>
    <${Icon} name="copy" /> ${children ?? "Copy"}
  </button>`;
}

/** The sentences of announce(). */
export function Announcements() {
  const [sentence, setSentence] = useState("");
  useEffect(() => {
    let timer = 0;
    const said = (/** @type {Event} */ event) => {
      setSentence(/** @type {CustomEvent<string>} */ (event).detail);
      clearTimeout(timer);
      timer = window.setTimeout(() => setSentence(""), 2500);
    };
    addEventListener("announce", said);
    return () => removeEventListener("announce", said);
  }, []);
  return html`<div class=${sentence ? "toast shown" : "toast"} role="status">${sentence}</div>`;
}

/** @param {{pieces: {text: string, marked: boolean}[]}} props */
export function Marked({pieces}) {
  return pieces.map(({text, marked}) => (marked ? html`<mark>${text}</mark>` : text));
}

const OVERSCAN = 6;

/**
 * A long list of which only what can be seen is in the document. Rows have one height; `render` gives each its style.
 *
 * @param {{count: number, rowHeight: number, active: number, hold: import("../vendor/preact.js").RefObject<HTMLDivElement>,
 *          render: (index: number, style: object) => unknown, attributes: object}} props
 *   active: index that is kept in sight, or -1
 */
export function LongList({count, rowHeight, active, hold, render, attributes}) {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useLayoutEffect(() => {
    const box = /** @type {HTMLDivElement} */ (hold.current);
    const observer = new ResizeObserver(() => setHeight(box.clientHeight));
    observer.observe(box);
    setHeight(box.clientHeight);
    return () => observer.disconnect();
  }, []);
  const inSight = useRef(-1);
  useLayoutEffect(() => {
    const box = /** @type {HTMLDivElement} */ (hold.current);
    if (inSight.current === active) return;
    inSight.current = active;
    if (active < 0) return;
    const [from, to] = [active * rowHeight, (active + 1) * rowHeight];
    if (from < box.scrollTop) box.scrollTop = from;
    else if (to > box.scrollTop + box.clientHeight) box.scrollTop = to - box.clientHeight;
    setTop(box.scrollTop);
  }, [active, height]);
  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  const shown = [];
  for (let index = first; index < last; ++index) shown.push(render(index, {top: `${index * rowHeight}px`, height: `${rowHeight}px`}));
  return html`<div ref=${hold} class="long-list" onScroll=${() => setTop(hold.current?.scrollTop ?? 0)} ...${attributes}>
    <div class="long-list-length" role="none" style=${{height: `${count * rowHeight}px`}}></div>
    ${shown}
  </div>`;
}

/**
 * Where a key moves in a list of `count` rows; null for other keys.
 *
 * @param {string} key @param {number} active @param {number} count @param {number} page
 */
export function movedBy(key, active, count, page) {
  const to = {ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: count - 1}[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}
