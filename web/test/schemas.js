// Schemas that several tests use.
import {parseSchema} from "../site/schemas/model.js";

/** @param {unknown} json */
export const schemaOf = (json) => parseSchema(JSON.stringify(json));

/** @param {unknown[]} fields @param {object} [more] */
export const recordOf = (fields, more = {}) => ({type: "record", name: "Value", namespace: "com.example", fields, ...more});

/** `levels` records, each the only field of the one before. @param {number} levels @param {string} [innermost] */
export function deepRecords(levels, innermost = '"int"') {
  let text = "";
  for (let i = 0; i < levels; ++i) text += `{"type":"record","name":"R${i}","fields":[{"name":"f${i}","type":`;
  return text + innermost + "}]}".repeat(levels);
}
