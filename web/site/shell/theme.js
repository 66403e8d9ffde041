// Light, dark, or as the system has it.
import {html, useState} from "../vendor/preact.js";
import {useKeys} from "./keys.js";
import {announce, Icon} from "./parts.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const STORED = "venice.theme";
/** @type {Theme[]} */
const THEMES = ["system", "light", "dark"];
const WORDS = {system: "as the system has it", light: "light", dark: "dark"};

/** @param {Theme} theme */
function remember(theme) {
  try {
    localStorage.setItem(STORED, theme);
  } catch {
    // A browser that keeps nothing forgets this with the page.
  }
}

export function ThemeButton() {
  const [theme, setTheme] = useState(/** @type {Theme} */ (document.documentElement.dataset.theme ?? "system"));
  const next = () => {
    const chosen = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    remember(chosen);
    setTheme(chosen);
    announce(`Theme: ${WORDS[chosen]}`);
  };
  useKeys([{key: "t", words: "Light, dark, or as the system has it", run: next}]);
  return html`<button type="button" class="button bare" aria-label=${`Theme: ${WORDS[theme]}. Change`} title=${`Theme: ${WORDS[theme]} (t)`} onClick=${next}>
    <${Icon} name=${theme} />
  </button>`;
}
