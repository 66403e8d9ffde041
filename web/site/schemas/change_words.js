// One change in a sentence, with what was before and what is now.
import {html} from "../vendor/preact.js";
import {symbolChanges} from "./diff.js";
import {diffWords} from "./word_diff.js";
import {valueWords} from "./words.js";

/** @typedef {import("./diff.js").Change} Change */

const CHARACTERS_MAX = 400;
/** @param {string} text */
const short = (text) => (text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text);

/** @param {{text: string, none: string}} props */
function Before({text, none}) {
  return text === "" ? html`<span class="quiet">${none}</span>` : html`<del>${short(text)}</del>`;
}

/** @param {{text: string, none: string}} props */
function After({text, none}) {
  return text === "" ? html`<span class="quiet">${none}</span>` : html`<ins>${short(text)}</ins>`;
}

/** @param {{title: string, change: Change, none?: string}} props */
function Both({title, change, none = "none"}) {
  return html`<span class="change-title">${title}</span> <${Before} text=${change.before} none=${none} /> <span aria-label="became">→</span> <${After} text=${change.after} none=${none} />`;
}

/** Only the words that changed are marked. @param {{change: Change}} props */
function Documentation({change}) {
  if (change.before === "" || change.after === "") return html`<${Both} title="documentation" change=${change} none="no documentation" />`;
  const pieces = diffWords(short(change.before), short(change.after));
  return html`<span class="change-title">documentation</span> <span class="text-diff">${pieces.map(({text, side}, i) =>
    (side === "same" ? text : side === "added" ? html`<ins key=${i}>${text}</ins>` : html`<del key=${i}>${text}</del>`))}</span>`;
}

/** @param {{change: Change}} props */
function Symbols({change}) {
  const {added, removed} = symbolChanges(change);
  if (added.length + removed.length === 0) return html`<span class="change-title">order of symbols</span> <${Before} text=${change.before} none="none" /> → <${After} text=${change.after} none="none" />`;
  return html`<span class="change-title">symbols</span>
    ${added.map((one) => html`<ins key=${one}>+ ${one}</ins> `)}${removed.map((one) => html`<del key=${one}>− ${one}</del> `)}`;
}

/** @param {{change: Change, brief: boolean}} props */
function Added({change, brief}) {
  const {field} = change;
  if (brief) return html`<span class="change-title">added</span>`;
  return html`<span class="change-title">added</span> <ins>${short(change.after)}</ins>
    ${field?.default !== undefined && html` <span class="quiet">default</span> <code>${valueWords(field.default, 80)}</code>`}
    ${field?.doc && html`<span class="change-doc">${short(field.doc)}</span>`}`;
}

/** @param {{change: Change, brief?: boolean}} props */
export function ChangeWords({change, brief = false}) {
  switch (change.kind) {
    case "added":
      return html`<${Added} change=${change} brief=${brief} />`;
    case "removed":
      return html`<span class="change-title">removed</span> <del>${short(change.before)}</del>`;
    case "renamed":
      return html`<span class="change-title">renamed by alias</span> <del>${change.before}</del> → <ins>${change.after}</ins>`;
    case "symbols":
      return html`<${Symbols} change=${change} />`;
    case "order":
      return html`<span class="change-title">order of fields</span> ${short(change.after)}`;
    case "type":
      return html`<${Both} title="type" change=${change} />`;
    case "default":
      return html`<${Both} title="default" change=${change} none="no default" />`;
    case "doc":
      return html`<${Documentation} change=${change} />`;
    case "aliases":
      return html`<${Both} title="aliases" change=${change} />`;
    case "sort":
      return html`<${Both} title="sort order" change=${change} />`;
    case "name":
      return html`<${Both} title="name of the type" change=${change} />`;
    case "properties":
      return html`<${Both} title="properties" change=${change} />`;
  }
}
