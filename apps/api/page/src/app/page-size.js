import { PAGE_SIZE, PAGE_SIZES } from '../state/table-state.js';

const STORED = 'novita-fleet.page-size';

/** @returns {number} */
export function chosenPageSize() {
  const stored = Number(localStorage.getItem(STORED));
  return PAGE_SIZES.includes(stored) ? stored : PAGE_SIZE;
}

/** @param {number} size */
export function keepPageSize(size) {
  localStorage.setItem(STORED, String(size));
}
