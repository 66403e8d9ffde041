// Keys that work anywhere on the page, as data: what runs them is also what the help shows.
import {useEffect, useRef} from "../vendor/preact.js";

/**
 * @typedef {object} Key
 * @property {string} key as KeyboardEvent.key has it
 * @property {string} words what it does
 * @property {() => void} [run] none: the part that has the focus does it, and this only tells about it
 * @property {boolean} [inText] also while typing
 */

/** @type {Set<{current: Key[]}>} newest last */
const active = new Set();

/** @param {Key[]} keys work while the component is there */
export function useKeys(keys) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    active.add(latest);
    return () => {
      active.delete(latest);
    };
  }, []);
}

/** All that work now, those of the innermost part first. */
export function activeKeys() {
  return [...active].reverse().flatMap((one) => one.current);
}

/** @param {EventTarget | null} target */
const isText = (target) => target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = isText(event.target);
  const found = activeKeys().find((one) => one.run && one.key === event.key && (!typing || one.inText));
  if (!found?.run) return;
  event.preventDefault();
  found.run();
});
