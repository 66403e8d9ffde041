// Finds stores by what is typed.

/**
 * @typedef {object} Found
 * @property {number} index in the list that was searched
 * @property {[number, number][]} marks parts of the name that match, from and to
 */

/** @param {string} character */
const startsWord = (character) => character === "" || !/[\p{L}\p{N}]/u.test(character);

/**
 * Every word must be in the name or in the owner. Best first: the name itself, names that begin with the first word,
 * then those where it begins a part of the name, then the rest; among equals the order of the list.
 *
 * @param {{name: string, owner: string}[]} stores
 * @param {string} query
 * @returns {Found[]}
 */
export function findStores(stores, query) {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  /** @type {Found[][]} */
  const ranked = [[], [], [], [], []];
  stores.forEach((store, index) => {
    const name = store.name.toLowerCase();
    const owner = store.owner.toLowerCase();
    /** @type {[number, number][]} */
    const marks = [];
    for (const word of words) {
      const at = name.indexOf(word);
      if (at >= 0) marks.push([at, at + word.length]);
      else if (!owner.includes(word)) return;
    }
    ranked[rank(name, words[0])].push({index, marks: joined(marks)});
  });
  return ranked.flat();
}

/** @param {string} name @param {string | undefined} word */
function rank(name, word) {
  if (word === undefined || name === word) return 0;
  const at = name.indexOf(word);
  if (at === 0) return 1;
  if (at < 0) return 4;
  return startsWord(name[at - 1]) ? 2 : 3;
}

/** Sorted, without overlaps. @param {[number, number][]} marks @returns {[number, number][]} */
function joined(marks) {
  /** @type {[number, number][]} */
  const out = [];
  for (const [from, to] of marks.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/**
 * The text cut where the marks begin and end.
 *
 * @param {string} text
 * @param {[number, number][]} marks
 * @returns {{text: string, marked: boolean}[]}
 */
export function cut(text, marks) {
  const out = [];
  let at = 0;
  for (const [from, to] of marks) {
    if (from > at) out.push({text: text.slice(at, from), marked: false});
    out.push({text: text.slice(from, to), marked: true});
    at = to;
  }
  if (at < text.length) out.push({text: text.slice(at), marked: false});
  return out;
}
