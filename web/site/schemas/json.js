// JSON as schemas need it: any depth without recursion, numbers exact, object members in order and under any name.

/**
 * A number that would be printed in another way than it is written: 0.0, 1e3, 9223372036854775807.
 */
export class ExactNumber {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @typedef {null | boolean | number | string | ExactNumber | JsonList | JsonMap} JsonValue */
/** @typedef {JsonValue[]} JsonList */
/** @typedef {Map<string, JsonValue>} JsonMap */

/** Says what is wrong and where, in words. */
export class JsonError extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** @type {[string, null | boolean][]} */
const WORDS = [["null", null], ["true", true], ["false", false]];

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {string} what @returns {never} */
  fail(what) {
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length;
    const column = this.at - before.lastIndexOf("\n");
    throw new JsonError(`${what} at line ${line}, column ${column}`);
  }

  /** The next character that is not white space; "" at the end. */
  peek() {
    while (this.at < this.text.length && " \t\r\n".includes(this.text[this.at])) ++this.at;
    return this.text[this.at] ?? "";
  }

  /** @param {string} character */
  take(character) {
    if (this.peek() !== character) return false;
    ++this.at;
    return true;
  }

  /** At a quote. */
  string() {
    let end = this.at;
    let backslashes;
    do {
      end = this.text.indexOf('"', end + 1);
      if (end < 0) this.fail("a text that does not end");
      backslashes = 0;
      while (this.text[end - 1 - backslashes] === "\\") ++backslashes;
    } while (backslashes % 2 === 1);
    try {
      const value = /** @type {string} */ (JSON.parse(this.text.slice(this.at, end + 1)));
      this.at = end + 1;
      return value;
    } catch {
      return this.fail("a text with a bad escape or a control character");
    }
  }

  /** A value without parts. */
  scalar() {
    if (this.peek() === '"') return this.string();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) this.fail(this.at < this.text.length ? `'${this.text[this.at]}' where a value was expected` : "the text ends too early");
    this.at += found[0].length;
    return exact(found[0]);
  }

  /** The name of a member and its colon. */
  key() {
    if (this.peek() !== '"') this.fail("a member without a name in quotes");
    const key = this.string();
    if (!this.take(":")) this.fail("a member without ':' behind its name");
    return key;
  }
}

/** @param {string} text */
function exact(text) {
  const value = Number(text);
  return String(value) === text ? value : new ExactNumber(text);
}

/**
 * @param {string} text
 * @returns {JsonValue}
 */
export function parseJson(text) {
  const reader = new Reader(text);
  /** @type {{list: JsonList | null, map: JsonMap | null, key: string}[]} */
  const open = [];
  for (;;) {
    /** @type {JsonValue} */
    let value;
    if (reader.take("[")) {
      if (!reader.take("]")) {
        open.push({list: [], map: null, key: ""});
        continue;
      }
      value = [];
    } else if (reader.take("{")) {
      if (!reader.take("}")) {
        open.push({list: null, map: new Map(), key: reader.key()});
        continue;
      }
      value = new Map();
    } else {
      value = reader.scalar();
    }
    // What is complete goes into what holds it, which may complete that as well.
    for (;;) {
      const holder = open.at(-1);
      if (!holder) {
        if (reader.peek() !== "") reader.fail("text behind the end of the value");
        return value;
      }
      if (holder.list) holder.list.push(value);
      if (holder.map) holder.map.set(holder.key, value);
      if (reader.take(",")) {
        if (holder.map) holder.key = reader.key();
        break;
      }
      if (!reader.take(holder.list ? "]" : "}")) reader.fail(`no ',' and no '${holder.list ? "]" : "}"}' behind a value`);
      value = /** @type {JsonValue} */ (holder.list ?? holder.map);
      open.pop();
    }
  }
}

// Deeper levels are not indented further: the text of n levels would have n² characters.
const INDENTED_LEVELS_MAX = 60;

/**
 * @param {JsonValue} value
 * @param {number} [indent] spaces per level; none: everything on one line
 */
export function printJson(value, indent) {
  const out = [];
  const lineBreak = (/** @type {number} */ level) =>
    indent === undefined ? "" : "\n" + " ".repeat(indent * Math.min(level, INDENTED_LEVELS_MAX));
  const colon = indent === undefined ? ":" : ": ";
  /** @type {{parts: Iterator<[string | number, JsonValue]>, end: string, first: boolean}[]} */
  const open = [];
  const start = (/** @type {JsonValue} */ part) => {
    if (part instanceof Map || Array.isArray(part)) {
      const [begin, end] = part instanceof Map ? "{}" : "[]";
      out.push(begin);
      open.push({parts: part.entries(), end, first: true});
    } else {
      out.push(part instanceof ExactNumber ? part.text : JSON.stringify(part));
    }
  };
  start(value);
  for (let holder = open.at(-1); holder; holder = open.at(-1)) {
    const next = holder.parts.next();
    if (next.done) {
      open.pop();
      out.push(holder.first ? "" : lineBreak(open.length), holder.end);
      continue;
    }
    const [key, part] = next.value;
    out.push(holder.first ? "" : ",", lineBreak(open.length));
    if (typeof key === "string") out.push(JSON.stringify(key), colon);
    holder.first = false;
    start(part);
  }
  return out.join("");
}
