import { VIEW_NAMES } from '../routing/words.js';
import { openDialog } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { choice } from '../ui/form-fields.js';
import { areSingleKeysOn, isMac, SINGLE_KEYS, setSingleKeys, VIEW_KEYS } from './keys.js';
import { KEYS } from './words.js';

/** In which part of the help each key stands. */
const OF_LIST = ['next', 'previous', 'select'];

/** Shows every key, and switches those without Ctrl or Cmd on and off. */
export function openKeys() {
  const single = Object.entries(SINGLE_KEYS);
  const command = isMac() ? '⌘' : 'Ctrl';
  const isOn = choice({
    type: 'checkbox',
    checked: areSingleKeysOn(),
    label: KEYS.single,
    hint: KEYS.singleHint,
  });
  isOn.input.addEventListener('change', () => setSingleKeys(isOn.input.checked));
  openDialog({
    title: KEYS.title,
    body: h(
      'div',
      { class: 'keys' },
      part(KEYS.everywhere, [
        [[command, 'K'], KEYS.does.palette],
        ...single.flatMap(([key, kind]) => (OF_LIST.includes(kind) ? [] : [line(key, kind)])),
      ]),
      part(KEYS.list, [
        ...single.flatMap(([key, kind]) => (OF_LIST.includes(kind) ? [line(key, kind)] : [])),
        [['Enter'], KEYS.does.open],
      ]),
      part(
        KEYS.views,
        Object.entries(VIEW_KEYS).map(([key, view]) => [['g', key], VIEW_NAMES[view]]),
      ),
      isOn.element,
    ),
  });
}

/**
 * @param {string} key
 * @param {keyof typeof KEYS.does} kind
 * @returns {[readonly string[], string]}
 */
function line(key, kind) {
  return [[key], KEYS.does[kind]];
}

/**
 * @param {string} title
 * @param {readonly [readonly string[], string][]} lines
 */
function part(title, lines) {
  return h(
    'section',
    {},
    h('h3', {}, title),
    h(
      'dl',
      { class: 'keys-lines' },
      lines.map(([keys, does]) => [
        h(
          'dt',
          {},
          keys.map((key, place) => [place > 0 && ' ', h('kbd', {}, key)]),
        ),
        h('dd', {}, does),
      ]),
    ),
  );
}
