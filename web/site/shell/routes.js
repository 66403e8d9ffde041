// The address of the page, and going to another.
import {useEffect, useState} from "../vendor/preact.js";
import {parseHash} from "./hash.js";

/** Goes to an address, as a link does. @param {string} hash */
export function go(hash) {
  if (hash !== location.hash) location.hash = hash;
}

/** Replaces the address: nothing to go back to. @param {string} hash */
export function replaceAddress(hash) {
  if (hash === location.hash) return;
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The address as it changes. @returns {import("./hash.js").Route} */
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    changed();
    return () => removeEventListener("hashchange", changed);
  }, []);
  return parseHash(hash);
}
