import { expect, it } from 'vitest';
import { fieldFor, showViolations } from './form-dialog.js';

/** @param {string} pointer */
const field = (pointer) => {
  /** @type {string[]} */
  const shown = [];
  return {
    pointer,
    shown,
    element: /** @type {HTMLElement} */ ({}),
    /** @param {string} detail @param {string} rest */
    showViolation: (detail, rest) => {
      shown.push(`${detail}@${rest}`);
      return null;
    },
    clearViolation: () => void shown.splice(0),
  };
};

it('finds the field that a violation is about', () => {
  const fields = ['/name', '/autoStop', '/autoStop/thresholdMinutes', '/ports'].map(field);
  expect(fieldFor(fields, '/ports/0')?.pointer).toBe('/ports');
  expect(fieldFor(fields, '/autoStop/thresholdMinutes')?.pointer).toBe('/autoStop/thresholdMinutes');
  expect(fieldFor(fields, '/autoStop/enabled')?.pointer).toBe('/autoStop');
  expect(fieldFor(fields, '/namesake')).toBeUndefined();
});

it('shows each beside its field, and hands back what has none', () => {
  const fields = ['/name', '/ports'].map(field);
  const first = showViolations(fields, [{ pointer: '/name', detail: 'is too long' }]);
  expect(first).toEqual([]);
  expect(fields[0]?.shown).toEqual(['Is too long.@']);
  const second = showViolations(fields, [
    { pointer: '/ports/1', detail: 'stands there twice' },
    { pointer: '/other', detail: 'is unknown' },
  ]);
  expect(second).toEqual([{ pointer: '/other', detail: 'is unknown' }]);
  expect(fields.map(({ shown }) => shown)).toEqual([[], ['Stands there twice.@/1']]);
});
