import { statusLabel } from '../fleet/status.js';
import { withQuery } from '../net/address.js';
import { problemText } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { VIEW_NAMES } from '../routing/words.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { VIEW_KEYS } from './keys.js';
import { matching, readQuery, verbOf } from './palette-items.js';
import { PALETTE } from './words.js';

/**
 * @typedef {import('../fleet/context.js').AppContext} AppContext
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('./palette-items.js').PaletteItem} PaletteItem
 * @typedef {{readonly name: string, readonly items: readonly PaletteItem[]}} Group
 */

const TYPING_MS = 180;
const MOST_INSTANCES = 8;

/** With a command, each instance is a line for each command that fits; more would not be read. */
const MOST_LINES = 12;

/** @type {readonly import('../fleet/context.js').FleetActionName[]} */
const FLEET_ACTIONS = ['create', 'stopAll', 'syncNow', 'showMetrics', 'showQueues'];

/**
 * Opens the command palette: what is typed finds instances, views and commands, as
 * https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ describes it.
 *
 * @param {AppContext} context
 */
export function openPalette(context) {
  const input = h('input', {
    class: 'input palette-input',
    type: 'text',
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': 'palette-results',
    'aria-autocomplete': 'list',
    'aria-label': PALETTE.input,
    'aria-describedby': 'palette-keys',
    placeholder: PALETTE.placeholder,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '200',
  });
  const list = h('div', {
    id: 'palette-results',
    class: 'palette-list',
    role: 'listbox',
    'aria-label': PALETTE.results,
  });
  const state = h('p', { class: 'palette-state quiet', role: 'status' });
  const dialog = openDialog({
    title: PALETTE.title,
    body: [
      h('div', { class: 'search-field' }, icon('search'), input),
      list,
      state,
      h('p', { id: 'palette-keys', class: 'field-hint palette-keys' }, PALETTE.keysOfList),
    ],
  });
  dialog.element.classList.add('palette');

  const own = ownItems(context);
  const search = new InstanceSearch(context.http, dialog.signal, () => draw());
  /** @type {readonly {readonly element: HTMLElement, readonly item: PaletteItem}[]} */
  let options = [];
  let chosen = 0;

  const choose = (/** @type {number} */ place) => {
    chosen = options.length === 0 ? 0 : (place + options.length) % options.length;
    for (const [at, { element }] of options.entries()) setAttribute(element, 'aria-selected', String(at === chosen));
    const element = options[chosen]?.element ?? null;
    setAttribute(input, 'aria-activedescendant', element?.id ?? null);
    element?.scrollIntoView({ block: 'nearest' });
  };
  const pick = (/** @type {PaletteItem | undefined} */ item) => {
    if (item === undefined) return;
    dialog.close();
    item.run();
  };
  const draw = () => {
    const query = readQuery(input.value, own.verbs);
    const groups = groupsOf(context, query, own, search.found);
    /** @type {{element: HTMLElement, item: PaletteItem}[]} */
    const next = [];
    fill(
      list,
      groups.map(({ name, items }) =>
        h(
          'div',
          { role: 'group', 'aria-label': name, class: 'palette-group' },
          h('p', { class: 'palette-group-name', 'aria-hidden': 'true' }, name),
          items.map((item) => {
            const element = optionOf(item, next.length, () => pick(item));
            next.push({ element, item });
            return element;
          }),
        ),
      ),
    );
    options = next;
    setHidden(list, next.length === 0);
    setAttribute(input, 'aria-expanded', String(next.length > 0));
    setText(state, stateText(search, next.length, query.text));
    choose(0);
  };

  input.addEventListener('input', () => {
    search.ask(readQuery(input.value, own.verbs).search);
    draw();
  });
  input.addEventListener('keydown', (event) => {
    const place = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 }[event.key];
    if (place !== undefined) {
      event.preventDefault();
      choose(place);
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      pick(options[chosen]?.item);
    }
  });
  draw();
  input.focus();
}

/**
 * @param {PaletteItem} item
 * @param {number} place
 * @param {() => void} pick
 */
function optionOf({ text, note = '', status }, place, pick) {
  const element = h(
    'div',
    { id: `palette-option-${place}`, class: 'palette-option', role: 'option', 'aria-selected': 'false' },
    h('span', { class: 'palette-text' }, text),
    note !== '' && h('span', { class: 'palette-note quiet' }, note),
    status !== undefined && h('span', { class: 'palette-note quiet' }, status),
  );
  // The focus stays in the field.
  element.addEventListener('mousedown', (event) => event.preventDefault());
  element.addEventListener('click', pick);
  return element;
}

/**
 * @param {InstanceSearch} search
 * @param {number} shown
 * @param {string} text
 */
function stateText({ problem, isUnderWay }, shown, text) {
  if (problem !== null) return PALETTE.failed(problemText(problem));
  if (isUnderWay) return PALETTE.searching;
  if (shown === 0) return PALETTE.nothing;
  return text === '' ? '' : PALETTE.found(shown);
}

/**
 * The views and the commands for the fleet, as far as the key may.
 *
 * @param {AppContext} context
 */
function ownItems({ actions, router }) {
  const views = Object.values(VIEW_KEYS).map((name) => ({
    text: PALETTE.goTo(VIEW_NAMES[name]),
    run: () => void router.go(viewAddress(name)),
  }));
  const commands = FLEET_ACTIONS.flatMap((name) => {
    const action = actions.ofFleet(name);
    return action === null ? [] : [{ text: action.text, run: () => void action.run() }];
  });
  return { views, commands, verbs: actions.verbs };
}

/**
 * @param {AppContext} context
 * @param {import('./palette-items.js').Query} query
 * @param {ReturnType<typeof ownItems>} own
 * @param {readonly Instance[]} instances
 * @returns {readonly Group[]}
 */
function groupsOf({ actions, router }, { text, search, verb }, own, instances) {
  const found = search === '' ? [] : instances;
  const commandsFor = (/** @type {Instance} */ instance) =>
    actions
      .forView(instance)
      .filter((action) => verb === '' || verbOf(action.text) === verb)
      .map((action) => ({
        text: PALETTE.ofInstance(action.text, instance.name),
        run: () => void action.run(instance),
      }));
  const opened = found.map((instance) => ({
    text: instance.name,
    note: [instance.product.name, instance.region].filter(Boolean).join(' · '),
    status: statusLabel(instance.status),
    run: () => void router.go(viewAddress('instance', { id: instance.id })),
  }));
  const single = found.length === 1 ? found : [];
  const wanted = (verb === '' ? single : found).flatMap(commandsFor).slice(0, MOST_LINES);
  return [
    { name: PALETTE.groups.commands, items: verb === '' ? [] : wanted },
    { name: PALETTE.groups.instances, items: opened },
    { name: PALETTE.groups.views, items: matching(own.views, text) },
    { name: PALETTE.groups.commands, items: [...matching(own.commands, text), ...(verb === '' ? wanted : [])] },
  ].filter(({ items }) => items.length > 0);
}

/** Searches instances at the service, a while after the last letter. */
class InstanceSearch {
  /**
   * @param {import('../net/http-client.js').HttpClient} http
   * @param {AbortSignal} signal of the dialog
   * @param {() => void} onChange
   */
  constructor(http, signal, onChange) {
    this.http = http;
    this.signal = signal;
    this.onChange = onChange;
    /** @type {readonly Instance[]} */
    this.found = [];
    /** @type {unknown} */
    this.problem = null;
    this.isUnderWay = false;
    this.asked = '';
    /** @type {AbortController | null} */
    this.running = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /** @param {string} search empty finds nothing */
  ask(search) {
    if (search === this.asked) return;
    this.asked = search;
    this.running?.abort();
    clearTimeout(this.timer);
    this.problem = null;
    this.isUnderWay = search !== '';
    if (search === '') this.found = [];
    else this.timer = setTimeout(() => void this.read(search), TYPING_MS);
  }

  /** @param {string} search */
  async read(search) {
    const running = new AbortController();
    this.running = running;
    const signal = AbortSignal.any([this.signal, running.signal]);
    try {
      const path = withQuery('/api/v1/instances', { search, limit: MOST_INSTANCES });
      const { body } = await this.http.get(path, { signal });
      this.found = body.instances;
    } catch (error) {
      if (signal.aborted) return;
      this.found = [];
      this.problem = error;
    }
    this.isUnderWay = false;
    this.onChange();
  }
}
