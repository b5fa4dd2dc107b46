import { svg } from './dom.js';

/** Outlines on a square of 20, drawn here because not every system has characters for them. */
const PATHS = {
  // Views
  instances: 'M3.5 4.5h13v4h-13z M3.5 11.5h13v4h-13z M6.2 6.5h.01 M6.2 13.5h.01',
  overview: 'M3.5 10.5h5.5v-7H3.5z M11 16.5h5.5v-7H11z M11 6.5h5.5v-3H11z M3.5 16.5h5.5v-3H3.5z',
  activity: 'M2.5 10.5h3l2.2-6 4.1 11 2.4-5h3.3',
  spend:
    'M10 2.8v14.4 M13.6 6.2c-.5-1.2-1.8-1.9-3.6-1.9-2 0-3.5.9-3.5 2.6 0 3.9 7.3 2 7.3 6 0 1.8-1.6 2.8-3.8 2.8-2 0-3.5-.8-4-2.2',
  sync: 'M16.2 8.3A6.5 6.5 0 0 0 4.6 6.6 M3.8 11.7a6.5 6.5 0 0 0 11.6 1.7 M4.3 3.3v3.4h3.4 M15.7 16.7v-3.4h-3.4',
  orphans:
    'M8.2 11.8 5.9 14a2.7 2.7 0 0 1-3.8-3.8l2.3-2.3 M11.8 8.2 14.1 6a2.7 2.7 0 0 1 3.8 3.8l-2.3 2.3 M7.3 4.3 6.7 2.2 M4.3 7.3l-2.1-.6 M12.7 15.7l.6 2.1 M15.7 12.7l2.1.6',
  cluster: 'M10 2.8 16.2 6.400v7.200L10 17.200 3.800 13.600V6.400z M10 10l6-3.500 M10 10v7 M10 10 4 6.500',
  // Deeds
  copy: 'M7 7h9v9H7z M4 13V4h9',
  open: 'M8 5H5v10h10v-3 M11 4.5h4.5V9 M15.5 4.5 9.5 10.5',
  more: 'M4.5 10h.01 M10 10h.01 M15.5 10h.01',
  plus: 'M10 4v12 M4 10h12',
  start: 'M7 4.8v10.4l8-5.2z',
  stop: 'M5.5 5.5h9v9h-9z',
  restart: 'M15.5 10a5.5 5.5 0 1 1-1.6-3.9 M14.4 3v3.4H11',
  remove: 'M4 6h12 M8 6V4h4v2 M5.8 6l.7 10.5h7L14.2 6',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z M13.2 13.2 17 17',
  filter: 'M3 5h14 M5.5 10h9 M8.5 15h3',
  columns: 'M3.5 4h13v12h-13z M8 4v12 M12.2 4v12',
  close: 'M5 5l10 10 M15 5 5 15',
  down: 'M5.5 8 10 12.5 14.5 8',
  up: 'M5.5 12.5 10 8l4.5 4.5',
  right: 'M8 5.5 12.5 10 8 14.5',
  left: 'M12 5.5 7.5 10 12 14.5',
  terminal: 'M3.5 4h13v12h-13z M6.3 7.8 8.6 10l-2.3 2.2 M10.4 12.4h3',
  // States
  check: 'M4.5 10.5 8.3 14.3 15.5 6.2',
  cross: 'M5.5 5.5l9 9 M14.5 5.5l-9 9',
  warning: 'M10 3.5 17.5 16h-15z M10 8.3v3.5 M10 13.8h.01',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z M10 6.2V10l2.6 1.8',
  progress: 'M10 3a7 7 0 1 1-7 7',
  pause: 'M7.2 5.5v9 M12.8 5.5v9',
  dash: 'M5 10h10',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z M10 9.2v4.3 M10 6.6h.01',
  person: 'M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6z M4 16.5c.6-3 3-4.5 6-4.5s5.400 1.500 6 4.500',
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * A drawing in the colour of the text beside it. It says nothing to a screen reader: what it stands for is said in words.
 *
 * @param {IconName} name
 */
export function icon(name) {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true', data: { icon: name } },
    svg('path', { d: PATHS[name] }),
  );
}
