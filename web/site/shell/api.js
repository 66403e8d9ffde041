// Asks the controller that this page came from.
import {useCallback, useEffect, useState} from "../vendor/preact.js";

/** A failure in words: what, and what can be done. */
export class ApiError extends Error {
  /** @param {string} title @param {string} message @param {number} status 0 when there was no answer */
  constructor(title, message, status) {
    super(message);
    this.title = title;
    this.status = status;
  }
}

const TIMEOUT_MS = 30_000;

/**
 * @param {string} path "/stores/profiles"
 * @param {Record<string, string>} [query]
 * @returns {Promise<any>} the JSON answered
 */
export async function get(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  const url = `..${path}${search ? `?${search}` : ""}`;
  let response;
  let text;
  try {
    response = await fetch(url, {headers: {Accept: "application/json"}, signal: AbortSignal.timeout(TIMEOUT_MS)});
    text = await response.text();
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ApiError(late ? "The controller takes too long" : "The controller does not answer",
      late ? `There was no answer within ${TIMEOUT_MS / 1000} seconds.`
        : `No connection to ${location.host}. It may be restarting, or the network between you and it is down.`, 0);
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError("The answer cannot be read",
      `${location.host} answered with status ${response.status} and something that is no JSON. Is there a proxy in between?`, response.status);
  }
  if (!response.ok || answer.error)
    throw new ApiError("The controller refused", answer.error || `It answered with status ${response.status}.`, response.status);
  return answer;
}

/**
 * @template T
 * @typedef {object} Loaded
 * @property {T | null} value the last one, also while it is loaded again
 * @property {ApiError | null} error
 * @property {boolean} loading
 * @property {() => void} reload
 */

/**
 * Loads when `key` changes, and on reload(). Answers that come late are dropped.
 *
 * @template T
 * @param {string} key
 * @param {() => Promise<T>} load
 * @returns {Loaded<T>}
 */
export function useLoad(key, load) {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState(/** @type {{key: string, value: T | null, error: ApiError | null, loading: boolean}} */ (
    {key, value: null, error: null, loading: true}));
  useEffect(() => {
    let wanted = true;
    setState((old) => ({key, value: old.key === key ? old.value : null, error: null, loading: true}));
    load().then(
      (value) => wanted && setState({key, value, error: null, loading: false}),
      (error) => {
        if (!(error instanceof ApiError)) console.error(error);
        const shown = error instanceof ApiError ? error : new ApiError("This page failed", String(error), 0);
        if (wanted) setState({key, value: null, error: shown, loading: false});
      });
    return () => {
      wanted = false;
    };
  }, [key, turn]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  // Between a new key and its effect, the old value is not the answer.
  return state.key === key ? {...state, reload} : {value: null, error: null, loading: true, reload};
}
