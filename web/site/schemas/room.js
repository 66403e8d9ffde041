// The schema room: the stores of a cluster, then the schemas of one.
import {html} from "../vendor/preact.js";
import {ROOM} from "./addresses.js";
import {StoreList} from "./store_list.js";
import {StorePage} from "./store_page.js";

/** @param {import("../shell/shell.js").RoomProps} props */
function SchemaRoom({cluster, parts, query}) {
  const [store, which] = parts;
  return store === undefined
    ? html`<${StoreList} cluster=${cluster} search=${query.q ?? ""} />`
    : html`<${StorePage} key=${store} cluster=${cluster} store=${store} which=${which ?? ""} query=${query} />`;
}

/** @type {import("../shell/shell.js").Room} */
export const schemasRoom = {id: ROOM, title: "Schemas", View: SchemaRoom};
