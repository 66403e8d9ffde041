// Addresses of the console as text: #/room/cluster/... with a query. Behind the '#', so that any path in front of it works.

/**
 * @typedef {object} Route
 * @property {string[]} parts room, cluster, then what the room wants
 * @property {Record<string, string>} query
 */

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} hash @returns {Route} */
export function parseHash(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return {
    parts: path.split("/").filter((part) => part !== "").map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/**
 * @param {string[]} parts
 * @param {Record<string, string | undefined>} [query] empty values are left out
 */
export function hashOf(parts, query = {}) {
  const given = Object.entries(query).filter(/** @returns {entry is [string, string]} */ (entry) => !!entry[1]);
  const search = new URLSearchParams(given).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}
