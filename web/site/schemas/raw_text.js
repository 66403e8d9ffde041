// A schema as JSON.
import {CopyButton} from "../shell/parts.js";
import {html, useMemo, useState} from "../vendor/preact.js";
import {printJson} from "./json.js";

// One text node of this size is laid out in a moment; ten times as much is felt.
const CHARACTERS_SHOWN = 300_000;

/** @param {{text: string, schema: import("./model.js").Schema | null}} props schema: null shows the text as it is */
export function RawText({text, schema}) {
  const [all, setAll] = useState(false);
  const pretty = useMemo(() => (schema ? printJson(schema.json, 2) : text), [text, schema]);
  const cut = !all && pretty.length > CHARACTERS_SHOWN;
  return html`<div class="raw">
    <div class="raw-tools"><${CopyButton} text=${() => pretty} what="JSON" /><span class="quiet">${pretty.length.toLocaleString("en")} characters</span></div>
    <pre tabindex="0" aria-label="Schema as JSON">${cut ? pretty.slice(0, CHARACTERS_SHOWN) : pretty}</pre>
    ${cut && html`<p><button type="button" class="button" onClick=${() => setAll(true)}>Show all of it</button></p>`}
  </div>`;
}
