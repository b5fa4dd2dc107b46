import { withLocalTimes } from '../format/local-times.js';
import { sentence } from '../http/problem.js';

/**
 * @typedef {import('./form-field.js').Field} Field
 * @typedef {import('../http/problem.js').FieldFault} FieldFault
 */

/**
 * Shows each fault beside the field that it is about, and puts the focus on the first.
 *
 * @param {readonly Field[]} fields in the order of the page
 * @param {readonly FieldFault[]} faults
 * @returns {readonly FieldFault[]} those for which there is no field
 */
export function showFaults(fields, faults) {
  clearFaults(fields);
  /** @type {Map<Field, HTMLElement>} */
  const targets = new Map();
  const homeless = faults.filter(({ pointer, detail }) => {
    const field = fieldFor(fields, pointer);
    if (field === undefined) return true;
    const target = field.showFault(sentence(withLocalTimes(detail)), pointer.slice(field.pointer.length));
    if (target !== null && !targets.has(field)) targets.set(field, target);
    return false;
  });
  for (const field of fields) {
    const target = targets.get(field);
    if (target === undefined) continue;
    unfold(target);
    target.focus();
    break;
  }
  return homeless;
}

/** @param {readonly Field[]} fields */
export function clearFaults(fields) {
  for (const field of fields) field.clearFault();
}

/**
 * The field whose place in the body is the fault's, or holds it: `/ports/0` belongs to `/ports`.
 *
 * @param {readonly Field[]} fields
 * @param {string} pointer
 */
export function fieldFor(fields, pointer) {
  return fields
    .filter((field) => pointer === field.pointer || pointer.startsWith(`${field.pointer}/`))
    .toSorted((a, b) => b.pointer.length - a.pointer.length)[0];
}

/** A fault in a part that is folded away would not be seen. @param {HTMLElement} element */
function unfold(element) {
  for (let part = element.closest('details'); part !== null; part = part.parentElement?.closest('details') ?? null) {
    part.open = true;
  }
}
