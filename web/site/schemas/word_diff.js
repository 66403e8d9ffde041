// Which words of a text changed.

/** @typedef {{text: string, side: "same" | "removed" | "added"}} Piece */

// Above this many pairs of words, what is between the common ends is shown as removed and added whole.
const PAIRS_MAX = 40_000;

/** Words with the white space behind them. @param {string} text */
const wordsOf = (text) => text.match(/\S+\s*|\s+/g) ?? [];

/**
 * @param {string} before
 * @param {string} after
 * @returns {Piece[]}
 */
export function diffWords(before, after) {
  const [left, right] = [wordsOf(before), wordsOf(after)];
  // The last word has no space behind it, but is the same word.
  const same = (/** @type {string} */ a, /** @type {string} */ b) => a.trimEnd() === b.trimEnd();
  let head = 0;
  while (head < left.length && head < right.length && same(left[head], right[head])) ++head;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && same(left[left.length - 1 - tail], right[right.length - 1 - tail])) ++tail;
  const [leftMiddle, rightMiddle] = [left.slice(head, left.length - tail), right.slice(head, right.length - tail)];
  return joined([
    ...right.slice(0, head).map(as("same")),
    ...(leftMiddle.length * rightMiddle.length > PAIRS_MAX
      ? [...leftMiddle.map(as("removed")), ...rightMiddle.map(as("added"))]
      : aligned(leftMiddle, rightMiddle, same)),
    ...right.slice(right.length - tail).map(as("same")),
  ]);
}

/** @param {Piece["side"]} side @returns {(text: string) => Piece} */
const as = (side) => (text) => ({text, side});

/**
 * By their longest common subsequence.
 *
 * @param {string[]} left @param {string[]} right @param {(a: string, b: string) => boolean} same
 * @returns {Piece[]}
 */
function aligned(left, right, same) {
  // lengths[i][j]: how many words left[i..] and right[j..] have in common.
  const lengths = Array.from({length: left.length + 1}, () => new Uint32Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; --i)
    for (let j = right.length - 1; j >= 0; --j)
      lengths[i][j] = same(left[i], right[j]) ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  /** @type {Piece[]} */
  const pieces = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && same(left[i], right[j])) {
      pieces.push({text: right[j++], side: "same"});
      ++i;
    } else if (j === right.length || (i < left.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      pieces.push({text: left[i++], side: "removed"});
    } else {
      pieces.push({text: right[j++], side: "added"});
    }
  }
  return pieces;
}

/** Neighbours of one side become one piece. @param {Piece[]} pieces */
function joined(pieces) {
  /** @type {Piece[]} */
  const out = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (last?.side === piece.side) last.text += piece.text;
    else out.push({...piece});
  }
  return out;
}
