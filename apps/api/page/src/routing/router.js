import { ROOT } from '../net/address.js';
import { fill, h } from '../ui/dom.js';
import { Store } from '../ui/store.js';
import { placeOf } from './views.js';

/**
 * @typedef {import('./views.js').ViewName} ViewName
 * @typedef {import('./views.js').Place} Place
 *
 * @typedef {object} ViewPlace where a view stands, and how it keeps its own choices in the address
 * @property {string} id of the instance that it is about; empty for other views
 * @property {() => URLSearchParams} query as it is now
 * @property {(search: string, options?: {replace?: boolean}) => void} setQuery `search` with its question mark; a choice makes
 *   an entry of the history, typing replaces the present one. The view is not told of what it sets itself.
 *
 * @typedef {import('../fleet/context.js').AppContext & ViewParts} ViewContext
 *
 * @typedef {object} ViewParts what a view gets besides the context of the page
 * @property {ViewPlace} place
 * @property {AbortSignal} signal aborted when the view is left: hand it to every watch, tick, request and listener
 * @property {(text: string) => void} setTitle of the tab, once the view knows better than its module
 * @property {(text: string) => void} announce says it to who cannot see the page
 *
 * @typedef {object} MountedView
 * @property {() => void} [update] called when the query of the address changed other than by `setQuery`
 * @property {() => void} [unmount] after `signal` was aborted, for what a signal cannot end
 * @property {Promise<unknown>} [shown] settles once what was scrolled to can be there; an element that scrolls by itself and
 *   keeps its place has the attribute `data-keeps-scroll`
 *
 * @typedef {object} ViewModule what a module of a view exports
 * @property {string} title
 * @property {(host: HTMLElement, view: ViewContext) => MountedView | void} mount
 *
 * @typedef {object} ViewTexts
 * @property {string} notFound
 * @property {string} home
 * @property {string} failed when a view cannot be loaded
 * @property {string} again
 */

/** A view that is loaded within this time needs no sign that it is on its way. */
const SOON_MS = 200;

/** What was scrolled to may come with an answer of the API; for longer nobody waits for it. */
const SCROLL_PATIENCE_MS = 3_000;

/**
 * Shows the view of the address and keeps address, history and scroll position true to each other. A press on a link to a
 * view of this page changes the view and loads nothing else.
 */
export class Router {
  /**
   * @param {HTMLElement} host
   * @param {Readonly<Record<ViewName, () => Promise<ViewModule>>>} load of each view
   * @param {(text: string) => void} announce
   * @param {ViewTexts} texts
   */
  constructor(host, load, announce, texts) {
    this.host = host;
    this.load = load;
    this.announce = announce;
    this.texts = texts;
    this.place = new Store(here());
    this.title = new Store('');
    /** @type {AbortController | null} */
    this.present = null;
    /** @type {MountedView} */
    this.view = {};
  }

  /**
   * Shows the present address, and follows links and the history from then on.
   *
   * @param {import('../fleet/context.js').AppContext} context
   */
  start(context) {
    this.context = context;
    history.scrollRestoration = 'manual';
    document.addEventListener('click', (event) => this.onClick(event));
    addEventListener('popstate', (event) => void this.arrive(this.place.get(), event.state));
    addEventListener('pagehide', () => this.keepScroll());
    return this.show(history.state, false);
  }

  /**
   * Goes to an address of this page.
   *
   * @param {string} address as of `viewAddress`
   */
  go(address) {
    this.keepScroll();
    const before = this.place.get();
    history.pushState(null, '', address);
    return this.arrive(before, null);
  }

  /**
   * @param {Place} before
   * @param {unknown} state of the entry of the history; null for a new one
   */
  async arrive(before, state) {
    const place = here();
    if (place.name !== before.name || place.id !== before.id) {
      await this.show(state, true);
      return;
    }
    this.place.set(place);
    if (place.search !== before.search) this.view.update?.();
    this.scrollTo(state);
  }

  /**
   * @param {unknown} state as of `arrive`
   * @param {boolean} isMove whether one came from another view, so that the focus is moved too
   */
  async show(state, isMove) {
    this.present?.abort();
    this.view.unmount?.();
    this.view = {};
    const present = new AbortController();
    this.present = present;
    const place = here();
    this.place.set(place);
    const module = place.name === null ? null : await this.moduleOf(place.name, present.signal);
    if (present.signal.aborted) return;
    if (module === null || this.context === undefined) {
      if (place.name === null) this.showNothing();
      return;
    }
    this.title.set(module.title);
    const host = h('div', { class: 'view', data: { view: place.name } });
    fill(this.host, host);
    this.view = module.mount(host, { ...this.context, ...this.partsOf(present) }) ?? {};
    if (isMove) focusTitle(host);
    await Promise.race([this.view.shown, after(SCROLL_PATIENCE_MS)]);
    if (!present.signal.aborted) this.scrollTo(state);
  }

  /**
   * @param {ViewName} name
   * @param {AbortSignal} signal
   */
  async moduleOf(name, signal) {
    const timer = setTimeout(() => fill(this.host, h('div', { class: 'view-loading', role: 'status' }, '…')), SOON_MS);
    signal.addEventListener('abort', () => clearTimeout(timer));
    try {
      return await this.load[name]();
    } catch {
      if (!signal.aborted) this.showFailure();
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {AbortController} present @returns {ViewParts} */
  partsOf({ signal }) {
    const { id } = this.place.get();
    return {
      place: {
        id,
        query: () => new URLSearchParams(this.place.get().search),
        setQuery: (search, { replace = false } = {}) => {
          if (signal.aborted || search === this.place.get().search) return;
          const address = `${location.pathname}${search}${location.hash}`;
          if (replace) history.replaceState(history.state, '', address);
          else history.pushState(null, '', address);
          this.place.set(here());
        },
      },
      signal,
      setTitle: (text) => {
        if (!signal.aborted) this.title.set(text);
      },
      announce: this.announce,
    };
  }

  showNothing() {
    const { notFound, home } = this.texts;
    this.title.set(notFound);
    fill(
      this.host,
      h(
        'div',
        { class: 'empty' },
        h('h1', { tabindex: '-1' }, notFound),
        h('a', { class: 'button', href: ROOT }, home),
      ),
    );
  }

  /** The files of a view may be gone because a newer page is served: loading the page anew is the way out. */
  showFailure() {
    const { failed, again } = this.texts;
    const button = h('button', { class: 'button', type: 'button', on: { click: reload } }, again);
    fill(this.host, h('div', { class: 'empty', role: 'alert' }, h('p', {}, failed), button));
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!isPlain || event.defaultPrevented || !(link instanceof HTMLAnchorElement)) return;
    const isElsewhere = link.target !== '' || link.origin !== location.origin || link.hash !== '';
    if (isElsewhere || placeOf(ROOT, link.pathname).name === null) return;
    event.preventDefault();
    void this.go(`${link.pathname}${link.search}`);
  }

  keepScroll() {
    history.replaceState({ page: scrollY, inside: this.inside()?.scrollTop ?? 0 }, '', location.href);
  }

  /** @param {unknown} state */
  scrollTo(state) {
    scrollTo({ top: numberIn(state, 'page'), behavior: 'instant' });
    this.inside()?.scrollTo({ top: numberIn(state, 'inside'), behavior: 'instant' });
  }

  inside() {
    return this.host.querySelector('[data-keeps-scroll]');
  }
}

function reload() {
  location.reload();
}

function here() {
  return placeOf(ROOT, location.pathname, location.search);
}

/**
 * @param {unknown} state of an entry of the history
 * @param {'page' | 'inside'} name
 */
function numberIn(state, name) {
  const value = typeof state === 'object' && state !== null ? Reflect.get(state, name) : undefined;
  return typeof value === 'number' ? value : 0;
}

/** @param {HTMLElement} host */
function focusTitle(host) {
  host.querySelector('h1')?.focus({ preventScroll: true });
}

/** @param {number} ms */
export function after(ms) {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
