import { countWords as count } from './count.js';

/**
 * Which of how many are shown, such as `51–100 of 10,000`.
 *
 * @param {{readonly page: number, readonly size: number, readonly rows: number, readonly total: number | null}} shown
 */
export function rangeWords({ page, size, rows, total }) {
  if (rows === 0) return total === null || total === 0 ? 'none' : `none of ${count(total)}`;
  const first = page * size + 1;
  const range = rows === 1 ? count(first) : `${count(first)}–${count(first + rows - 1)}`;
  return total === null ? range : `${range} of ${count(Math.max(total, first + rows - 1))}`;
}

/**
 * @param {number} unseen
 * @param {number} most as many as are counted
 */
export function unseenWords(unseen, most) {
  const many = unseen >= most ? `more than ${count(most - 1)}` : count(unseen);
  return unseen === 1 ? '1 change on other pages' : `${many} changes on other pages`;
}
