import { svg } from './h.js';

/** Outlines on a square of 16, drawn here because not every system has signs for them. */
const PATHS = {
  copy: 'M5.5 5.5h7v7h-7z M3.5 10.5v-7h7',
  open: 'M6 4H4v8h8v-2 M8.5 3.5h4v4 M12.5 3.5 7.5 8.5',
  more: 'M3.5 8h.01 M8 8h.01 M12.5 8h.01',
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return svg(
    'svg',
    { class: 'icon-sign', viewBox: '0 0 16 16', 'aria-hidden': 'true', data: { icon: name } },
    svg('path', { d: PATHS[name] }),
  );
}
