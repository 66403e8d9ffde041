// A schema as a tree of rows: made when it is opened, walked without recursion, paths written when asked for.
import {follow} from "./model.js";

/** @typedef {import("./model.js").Type} Type */
/** @typedef {import("./model.js").Field} Field */

/**
 * What lies below a type once lists, maps, references and "nullable" are looked through.
 *
 * @param {Type} type
 * @returns {{suffix: string, below: Type, byReference: boolean}} suffix: "[]" a list, "{}" a map, as paths have them
 */
export function lookThrough(type) {
  let suffix = "";
  let below = type;
  let byReference = false;
  for (;;) {
    const others = below.kind === "union" ? below.branches.filter((branch) => branch.kind !== "null") : [];
    if (below.target) {
      byReference = true;
      below = below.target;
    } else if ((below.kind === "array" || below.kind === "map") && below.item) {
      suffix += below.kind === "array" ? "[]" : "{}";
      below = below.item;
    } else if (others.length === 1) {
      below = others[0];
    } else {
      return {suffix, below, byReference};
    }
  }
}

/** @param {Type} union */
const hasParts = (union) => union.branches.some((branch) => {
  const {below} = lookThrough(branch);
  return below.kind === "record" || below.kind === "union";
});

/** Fields of a record and of the records it holds, each record once. @param {Type} record */
export function countFields(record) {
  const seen = new Set([record]);
  const work = [record];
  let count = 0;
  const meet = (/** @type {Type} */ type) => {
    if (type.kind === "union") type.branches.forEach((branch) => meetRecord(lookThrough(branch).below));
    else meetRecord(type);
  };
  const meetRecord = (/** @type {Type} */ type) => {
    if (type.kind !== "record" || seen.has(type)) return;
    seen.add(type);
    work.push(type);
  };
  for (let next = work.pop(); next; next = work.pop()) {
    count += next.fields.length;
    for (const field of next.fields) meet(lookThrough(field.type).below);
  }
  return count;
}

/** One row: a field, a branch of a union, or the whole schema. */
export class TreeNode {
  /**
   * @param {TreeNode | null} parent
   * @param {string} segment what the path adds to the parent's
   * @param {Type} type
   * @param {Field | null} field
   */
  constructor(parent, segment, type, field) {
    this.parent = parent;
    this.segment = segment;
    this.type = type;
    this.field = field;
    /** @type {number} 1 for the fields of the schema itself */
    this.level = parent ? parent.level + 1 : 0;
    this.open = false;
    const {suffix, below, byReference} = lookThrough(type);
    this.suffix = suffix;
    this.below = below;
    this.byReference = byReference;
    /** @type {TreeNode | null} the row that already stands for the same record, when this one is inside of it */
    this.repeats = byReference ? ancestorOf(parent, below) : null;
    /** @type {TreeNode[] | null} */
    this.made = null;
  }

  /** Whether opening shows anything. */
  get hasChildren() {
    if (this.repeats) return false;
    return this.below.kind === "record" ? this.below.fields.length > 0 : this.below.kind === "union" && hasParts(this.below);
  }

  /** @returns {TreeNode[]} */
  get children() {
    if (!this.hasChildren) return [];
    this.made ??= this.below.kind === "record"
      ? this.below.fields.map((field) => new TreeNode(this, field.name, field.type, field))
      : this.below.branches.filter((branch) => branch.kind !== "null").map((branch) => new TreeNode(this, `<${branchName(branch)}>`, branch, null));
    return this.made;
  }

  /** The name a row shows. */
  get label() {
    return this.field ? this.field.name : this.segment.slice(1, -1);
  }

  /** "address.zip", "tags[].name", "shape<Circle>.radius"; "" for the schema itself. */
  get path() {
    /** @type {string[]} */
    const parts = [];
    for (let node = /** @type {TreeNode} */ (this); node.parent; node = node.parent) {
      const dot = node.field && (node.parent.parent || node.parent.suffix) ? "." : "";
      parts.push(node.parent.suffix + dot + node.segment);
    }
    return parts.reverse().join("");
  }
}

/** @param {TreeNode | null} from @param {Type} below */
function ancestorOf(from, below) {
  for (let node = from; node; node = node.parent)
    if (node.below === below) return node;
  return null;
}

/** @param {Type} branch */
export function branchName(branch) {
  const type = follow(branch);
  return type.name ? type.shortName : type.kind;
}

/** @param {Type} root */
export function makeTree(root) {
  const node = new TreeNode(null, "", root, null);
  node.open = true;
  return node;
}

// What a reference shows a second time is opened by hand only: opened for all, types that use each other would multiply.
/** @param {TreeNode} node */
const opensWithAll = (node) => node.hasChildren && !node.byReference;

/** @param {TreeNode} root @param {boolean} open */
export function openAll(root, open) {
  const work = [root];
  for (let node = work.pop(); node; node = work.pop()) {
    if (!open && !node.made) continue;
    node.open = node === root || (open && opensWithAll(node));
    if (open ? node.open : node.made) work.push(...node.children);
  }
}

/**
 * Opens what is open in another version of the schema.
 *
 * @param {TreeNode} from @param {TreeNode} to
 */
export function openAlike(from, to) {
  const work = [{from, to}];
  for (let pair = work.pop(); pair; pair = work.pop()) {
    if (!pair.from.open || !pair.from.made || !pair.to.hasChildren) continue;
    pair.to.open = true;
    const bySegment = new Map(pair.to.children.map((child) => [child.segment, child]));
    for (const child of pair.from.made) {
      const same = bySegment.get(child.segment);
      if (same) work.push({from: child, to: same});
    }
  }
}

/** @typedef {{node: TreeNode, position: number, siblings: number}} Row position counts from 1 */

/**
 * The rows to show, in order.
 *
 * @param {TreeNode} root
 * @param {(node: TreeNode) => boolean} [isOpen]
 * @param {(node: TreeNode) => boolean} [isShown]
 * @returns {Row[]}
 */
export function visibleRows(root, isOpen = (node) => node.open, isShown = () => true) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {Row[]} */
  const work = [];
  const push = (/** @type {TreeNode[]} */ nodes) => {
    const shown = nodes.filter(isShown);
    for (let i = shown.length - 1; i >= 0; --i) work.push({node: shown[i], position: i + 1, siblings: shown.length});
  };
  push(root.hasChildren ? root.children : [root]);
  for (let row = work.pop(); row; row = work.pop()) {
    rows.push(row);
    if (row.node !== root && row.node.hasChildren && isOpen(row.node)) push(row.node.children);
  }
  return rows;
}

/**
 * The rows whose name or alias has `query` in it, with the rows they are inside of.
 *
 * @param {TreeNode} root
 * @param {string} query
 * @returns {{rows: Row[], count: number}}
 */
export function findRows(root, query) {
  const wanted = query.toLowerCase();
  /** @type {TreeNode[]} */
  const all = [];
  const work = [root];
  for (let node = work.pop(); node; node = work.pop()) {
    all.push(node);
    if (node === root || opensWithAll(node)) work.push(...node.children);
  }
  /** @type {Set<TreeNode>} */
  const kept = new Set();
  let count = 0;
  for (const node of all) {
    if (node === root || !matches(node, wanted)) continue;
    ++count;
    for (let one = /** @type {TreeNode | null} */ (node); one && !kept.has(one); one = one.parent) kept.add(one);
  }
  return {rows: visibleRows(root, (node) => opensWithAll(node), (node) => kept.has(node)), count};
}

/** @param {TreeNode} node @param {string} wanted in lower case */
function matches(node, wanted) {
  return node.label.toLowerCase().includes(wanted) ||
    (node.field !== null && node.field.aliases.some((alias) => alias.toLowerCase().includes(wanted)));
}

/**
 * Opens what the path leads through.
 *
 * @param {TreeNode} root
 * @param {string} path
 * @returns {TreeNode | null} null when there is no such field
 */
export function openPath(root, path) {
  let node = root;
  let rest = path;
  while (rest !== "") {
    const from = node.suffix + (node.parent || node.suffix ? "." : "");
    const next = node.children.find((child) => {
      const begin = (child.field ? from : node.suffix) + child.segment;
      const behind = rest[begin.length];
      return rest.startsWith(begin) && (behind === undefined || ".[{<".includes(behind));
    });
    if (!next) return null;
    const begin = (next.field ? from : node.suffix) + next.segment;
    rest = rest.slice(begin.length);
    node.open = true;
    node = next;
    // What is left may be the suffix alone, as in "tags[]": the field itself is meant.
    if (rest === node.suffix) break;
  }
  return node === root ? null : node;
}
