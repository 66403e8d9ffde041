// The fields of a schema as a tree: one line each, only what can be seen is in the document.
import {Icon, LongList, Marked, movedBy} from "../shell/parts.js";
import {html, useMemo, useRef} from "../vendor/preact.js";
import {cut} from "./search.js";
import {findRows, visibleRows} from "./tree.js";
import {typeFlavour, typeWords, valueWords} from "./words.js";

/** @typedef {import("./tree.js").TreeNode} TreeNode */
/** @typedef {import("./tree.js").Row} Row */

const ROW_HEIGHT = 32;
// Deeper levels stay at the same indent; their number says how deep they are.
const INDENTED_LEVELS_MAX = 8;
const DEFAULT_CHARACTERS_MAX = 40;
const TYPE_LEVELS_MAX = 5;
const DOC_CHARACTERS_MAX = 200;

/** What a schema changed, by path. */
export class ChangeMarks {
  /** @param {import("./diff.js").Change[]} changes */
  constructor(changes) {
    /** @type {Map<string, "added" | "changed">} */
    this.byPath = new Map();
    for (const change of changes)
      if (change.kind !== "removed" && change.path !== "") this.byPath.set(change.path, change.kind === "added" ? "added" : "changed");
  }

  /** @param {string} path @returns {"added" | "changed" | "below" | ""} */
  of(path) {
    const own = this.byPath.get(path);
    if (own) return own;
    for (const changed of this.byPath.keys())
      if (changed.startsWith(path) && changed.length > path.length && ".[{<".includes(changed[path.length])) return "below";
    return "";
  }
}

const MARK_WORDS = {added: "new in this schema", changed: "changed by this schema", below: "something in it changed by this schema"};

/** @param {string} label @param {string} filter @returns {[number, number][]} */
function marksIn(label, filter) {
  const at = filter === "" ? -1 : label.toLowerCase().indexOf(filter.toLowerCase());
  return at < 0 ? [] : [[at, at + filter.length]];
}

/** @param {{row: Row, open: boolean, filter: string, mark: "added" | "changed" | "below" | "", attributes: object}} props */
function Line({row, open, filter, mark, attributes}) {
  const {node} = row;
  const {field} = node;
  const doc = field?.doc || (node.below.kind === "record" || node.below.kind === "enum" ? node.below.doc : "");
  return html`<div class=${`row ${mark && `is-${mark}`}`} ...${attributes}>
    <span class="row-name">
      ${node.hasChildren ? html`<span class="twisty" data-open=${open}><${Icon} name="chevron" /></span>` : html`<span class="twisty"></span>`}
      ${node.level > INDENTED_LEVELS_MAX && html`<span class="level-number">${node.level}</span>`}
      <span class=${node.field ? "label" : "label of-branch"}><${Marked} pieces=${cut(node.label || "value", marksIn(node.label, filter))} /></span>
      ${mark && html`<span class=${`mark ${mark}`} title=${MARK_WORDS[mark]}><span class="visually-hidden">${MARK_WORDS[mark]}</span></span>`}
    </span>
    <span class=${`row-type ${typeFlavour(node.type)}`}>${typeWords(node.type, {levelsMax: TYPE_LEVELS_MAX})}${node.repeats && html`<span class="repeats" title="The same record as one it is inside of">↑</span>`}</span>
    <span class="row-default">${field && field.default !== undefined && valueWords(field.default, DEFAULT_CHARACTERS_MAX)}</span>
    <span class="row-doc">${doc.slice(0, DOC_CHARACTERS_MAX)}</span>
  </div>`;
}

/**
 * @param {{root: TreeNode, filter: string, active: TreeNode | null, marks: ChangeMarks, changed: number,
 *          onActivate: (node: TreeNode) => void, onChange: () => void}} props
 *   changed: grows whenever a node was opened or closed; onChange: tells that one was
 */
export function SchemaTree({root, filter, active, marks, changed, onActivate, onChange}) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const rows = useMemo(() => (filter === "" ? visibleRows(root) : findRows(root, filter).rows), [root, filter, changed]);
  const at = active ? rows.findIndex((row) => row.node === active) : -1;
  const isOpen = (/** @type {TreeNode} */ node) => (filter === "" ? node.open : node.hasChildren && !node.byReference);
  const set = (/** @type {TreeNode} */ node, /** @type {boolean} */ open) => {
    if (filter !== "" || !node.hasChildren || node === root) return;
    node.open = open;
    onChange();
  };
  const keyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const to = movedBy(event.key, at, rows.length, page);
    const node = rows[at]?.node;
    if (to !== null) onActivate(rows[to].node);
    else if (!node) return;
    else if (event.key === "ArrowRight" && node.hasChildren && !isOpen(node)) set(node, true);
    else if (event.key === "ArrowRight" && node.hasChildren && rows[at + 1]) onActivate(rows[at + 1].node);
    else if (event.key === "ArrowLeft" && node.hasChildren && isOpen(node) && filter === "") set(node, false);
    else if (event.key === "ArrowLeft" && node.parent && node.parent !== root) onActivate(node.parent);
    else if ((event.key === "Enter" || event.key === " ") && node.hasChildren) set(node, !isOpen(node));
    else return;
    event.preventDefault();
  };
  const click = (/** @type {Event} */ event, /** @type {TreeNode} */ node) => {
    const onTwisty = /** @type {Element} */ (event.target).closest(".twisty") !== null;
    // The first click selects and opens; closing takes the arrow or a second click, so that nobody loses what they look at.
    if (onTwisty || node === active || !isOpen(node)) set(node, !isOpen(node));
    onActivate(node);
  };
  return html`<div class="tree-frame">
    <div class="row tree-head" aria-hidden="true"><span class="row-name">Field</span><span class="row-type">Type</span><span class="row-default">Default</span><span class="row-doc">Documentation</span></div>
    <${LongList} count=${rows.length} rowHeight=${ROW_HEIGHT} active=${at} hold=${box}
      attributes=${{id: "fields", role: "tree", "aria-label": "Fields", tabindex: 0, onKeyDown: keyDown,
        onFocus: () => active === null && rows.length > 0 && onActivate(rows[0].node),
        "aria-activedescendant": at >= 0 ? `field-${at}` : undefined}}
      render=${(/** @type {number} */ index, /** @type {object} */ style) => {
        const row = rows[index];
        const {node} = row;
        return html`<${Line} key=${index} row=${row} open=${isOpen(node)} filter=${filter} mark=${marks.of(node.path)} attributes=${{
          id: `field-${index}`, role: "treeitem", "aria-level": Math.max(1, node.level), "aria-posinset": row.position, "aria-setsize": row.siblings,
          "aria-expanded": node.hasChildren ? isOpen(node) : undefined, "aria-selected": index === at,
          "data-path": node.path.length < 1000 ? node.path : undefined,
          onClick: (/** @type {Event} */ event) => click(event, node),
          style: {...style, "--indent": Math.min(Math.max(0, node.level - 1), INDENTED_LEVELS_MAX)},
        }} />`;
      }} />
  </div>`;
}
