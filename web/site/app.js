// The console: a shell, and rooms. A new room is one entry here.
import {schemasRoom} from "./schemas/room.js";
import {Shell} from "./shell/shell.js";
import {html, render} from "./vendor/preact.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
app.replaceChildren();
render(html`<${Shell} rooms=${[schemasRoom]} />`, app);
