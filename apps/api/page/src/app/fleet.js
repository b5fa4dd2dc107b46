import { RequestPace } from '../http/request-pace.js';
import { EventStream } from '../live/event-stream.js';
import { callAll } from '../state/call-all.js';
import { InstanceTable } from '../state/instance-table.js';
import { NewestRead } from '../state/newest-read.js';
import { Store } from '../state/store.js';

/**
 * @typedef {import('../http/http-client.js').HttpClient} HttpClient
 * @typedef {import('../live/event-stream.js').StreamState} StreamState
 * @typedef {import('../http/api-types.js').EventData} EventData
 *
 * @typedef {object} DataState what the answers of the API said about themselves
 * @property {boolean} isReachable
 * @property {number | null} answeredAtMs of the latest answer; null before the first
 * @property {'redis' | 'memory' | null} source
 *
 * @typedef {'dashboard' | 'health' | 'sync' | 'history'} ReadName
 */

const REFRESH_MS = 30_000;
const REFRESH_AWAY_MS = 5_000;
/** After something has happened the figures are read anew this soon: the API gives the same ones for 2 s. */
const FIGURES_MS = 2_100;
/**
 * Between two reads of the figures for what happened elsewhere: ten pages that are open with one key must leave it most
 * of its 600 requests a minute.
 */
const BETWEEN_FIGURES_MS = 10_000;
/** All is read anew when the API comes back, but not more often than this. */
const COME_BACK_MS = 5_000;
/** While a sync runs its progress is asked for; a second stream would take one more of the browser's few connections. */
const PROGRESS_MS = 700;
/** A hidden page gives its connection back: browsers allow six of them to one host, over all tabs. */
const HIDDEN_MS = 30_000;

/** All that the page knows of the fleet, and what keeps it true: events, and a refresh in case there are none. */
export class Fleet {
  /**
   * @param {HttpClient} http
   * @param {string} key
   */
  constructor(http, key) {
    this.http = http;
    this.table = new InstanceTable(http);
    this.dashboard = new Store(/** @type {import('../http/api-types.js').Dashboard | null} */ (null));
    /** Whether the latest try to read the dashboard failed: what is shown of it is old then. */
    this.figuresFailed = new Store(false);
    this.sync = new Store(/** @type {import('../http/api-types.js').SyncStatus | null} */ (null));
    this.syncHistory = new Store(/** @type {readonly import('../http/api-types.js').SyncRun[]} */ ([]));
    this.health = new Store(/** @type {import('../http/api-types.js').Health | null} */ (null));
    this.stream = new Store(/** @type {StreamState} */ ({ kind: 'connecting' }));
    /** Since when the service itself cannot follow the fleet; null while it can. */
    this.feedDegradedSince = new Store(/** @type {string | null} */ (null));
    this.data = new Store(/** @type {DataState} */ ({ isReachable: true, answeredAtMs: null, source: null }));
    /** Of each thing that is read again and again. @type {Readonly<Record<ReadName, NewestRead>>} */
    this.reads = {
      dashboard: new NewestRead(),
      health: new NewestRead(),
      sync: new NewestRead(),
      history: new NewestRead(),
    };
    /** Told of every event, for views that show one instance. @type {Set<(type: string, data: EventData) => void>} */
    this.listeners = new Set();
    /** The first load of the table. @type {Promise<void> | undefined} */
    this.ahead = undefined;
    this.events = new EventStream({
      path: '/api/v1/events',
      key,
      onEvent: (type, data) => this.take(type, data),
      onState: (state) => this.onStream(state),
      // What the event told is not on the page: all is read anew, so that it is seen all the same.
      onMistake: () => void this.refresh(),
    });
    /** When all was last read anew because the API answered again. */
    this.cameBackAtMs = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.figuresTimer = undefined;
    /** Whether something happened that the figures which are read next may lack, as they may be some seconds old. */
    this.isFigureNews = false;
    this.figuresDueAtMs = 0;
    this.figuresReadAtMs = 0;
    this.pace = new RequestPace();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.progressTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.hiddenTimer = undefined;
  }

  /** Lets go of the API: nothing is asked for any more with this key, whatever timer or listener is left. */
  end() {
    this.http.end();
    this.events.pause();
    clearTimeout(this.figuresTimer);
    clearTimeout(this.progressTimer);
    clearTimeout(this.hiddenTimer);
  }

  /** Reads the table before all else is begun. */
  readAhead() {
    this.ahead = this.table.load();
  }

  async start() {
    document.addEventListener('visibilitychange', () => this.onVisibility());
    setInterval(() => {
      if (document.visibilityState === 'visible' && !this.pace.isScarce) void this.refresh();
    }, REFRESH_MS);
    setInterval(() => {
      // No event says meanwhile what becomes of a stop.
      const isAway = this.feedDegradedSince.get() !== null;
      if (isAway && document.visibilityState === 'visible' && !this.pace.isScarce) void this.table.load();
    }, REFRESH_AWAY_MS);
    this.events.start();
    this.ahead ??= this.table.load();
    await Promise.all([this.ahead, this.readFigures(), this.readHealth(), this.readSync()]);
  }

  /** Reads everything that is shown anew. Failures show in the stores; it never throws. */
  async refresh() {
    this.events.hurry();
    await Promise.all([this.table.load(), this.readFigures(), this.readHealth(), this.readSync()]);
  }

  /**
   * Takes in how an instance stands by the answer to a command.
   *
   * @param {import('../http/api-types.js').Instance} instance
   */
  takeInstance(instance) {
    this.table.take(instance);
    this.figuresSoon(FIGURES_MS);
  }

  /**
   * @param {string} type
   * @param {EventData} data
   */
  take(type, data) {
    if (type === 'degraded') this.feedDegradedSince.set(data.since ?? new Date().toISOString());
    else if (type === 'restored' || type === 'connected') this.feedDegradedSince.set(null);
    else if (type === 'reset') this.startOver();
    else if (type === 'list') for (const instance of data.instances ?? []) this.table.takeListed(instance);
    else if (type === 'instance.removed' && data.instanceId !== undefined)
      this.table.remove(data.instanceId, data.revision);
    else if (data.instance !== undefined) this.table.takeEvent(data.instance);
    if (type === 'connected') void this.lookAgain();
    if (type.startsWith('sync.')) void this.readSync();
    // What it found on other pages is counted nowhere else.
    if (type === 'sync.completed') void this.table.load();
    if (type === 'degraded') {
      // Whether what is shown can be trusted, the next read tells.
      void this.readHealth();
      void this.table.load();
    } else if (type === 'restored') this.startOver();
    this.figuresAgain();
    callAll(this.listeners, type, data);
  }

  /** What happened between the first look and the first event is told by neither. */
  async lookAgain() {
    await this.ahead;
    await this.table.load();
  }

  /** Events were lost, or the service begins anew, or has its records again: what it told before may be of a past that is void. */
  startOver() {
    this.table.forget();
    void this.refresh();
  }

  /**
   * @param {(type: string, data: EventData) => void} listener
   * @returns {() => void} ends it
   */
  onEvent(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {StreamState} state */
  onStream(state) {
    this.stream.set(state);
    // It learns first that the API went, or came back; whether it did, an answer has to tell.
    if (state.kind === 'waiting') void this.readHealth();
    else if (state.kind === 'live' && !this.data.get().isReachable) void this.refresh();
  }

  onVisibility() {
    clearTimeout(this.hiddenTimer);
    if (document.visibilityState === 'hidden') {
      this.hiddenTimer = setTimeout(() => this.events.pause(), HIDDEN_MS);
    } else {
      this.events.start();
      void this.refresh();
    }
  }

  /** What happens elsewhere is read at a pace that many pages together can keep. */
  figuresAgain() {
    this.figuresSoon(Math.max(FIGURES_MS, this.figuresReadAtMs + BETWEEN_FIGURES_MS - Date.now()));
  }

  /** @param {number} usualMs how soon, while the key has requests left */
  figuresSoon(usualMs) {
    const waitMs = this.pace.waitMs(usualMs);
    if (this.figuresTimer !== undefined && Date.now() + waitMs >= this.figuresDueAtMs) {
      this.isFigureNews = true;
      return;
    }
    clearTimeout(this.figuresTimer);
    this.figuresDueAtMs = Date.now() + waitMs;
    this.isFigureNews = false;
    this.figuresTimer = setTimeout(() => {
      this.figuresTimer = undefined;
      void this.readFigures();
      if (this.isFigureNews) this.figuresAgain();
    }, waitMs);
  }

  async readFigures() {
    this.figuresReadAtMs = Date.now();
    const answer = await this.readInto('dashboard', this.dashboard, '/api/v1/dashboard');
    if (answer.isNews) this.figuresFailed.set(answer.value === null);
  }

  async readHealth() {
    // A service that is not well says so with 503, in the same words.
    await this.readInto('health', this.health, '/health', { alsoFine: [503] });
  }

  async readSync() {
    clearTimeout(this.progressTimer);
    const before = this.sync.get();
    const { value: status, isNews } = await this.readInto('sync', this.sync, '/api/v1/sync/status');
    if (status === null || !isNews) return;
    if (status.status === 'in_progress') {
      clearTimeout(this.progressTimer);
      this.progressTimer = setTimeout(() => void this.readSync(), PROGRESS_MS);
    }
    if (before?.runId !== status.runId || before?.status !== status.status) await this.readSyncHistory();
  }

  async readSyncHistory() {
    const isNews = this.reads.history.begin();
    try {
      const { body } = await this.http.get('/api/v1/sync/history?limit=50');
      if (isNews()) this.syncHistory.set(body.runs);
    } catch {
      // The next run will ask again.
    }
  }

  /**
   * @template Value
   * @param {ReadName} name
   * @param {Store<Value | null>} store
   * @param {string} path
   * @param {import('../http/http-client.js').RequestOptions} [options]
   * @returns {Promise<{value: Value | null, isNews: boolean}>} `value` null when it could not be read; what is shown stays,
   *   and the header says how old it is
   */
  async readInto(name, store, path, options) {
    const isNews = this.reads[name].begin();
    try {
      const { body } = await this.http.get(path, options);
      const taken = isNews();
      if (taken) store.set(body);
      return { value: body, isNews: taken };
    } catch {
      return { value: null, isNews: isNews() };
    }
  }

  /** @param {import('../http/http-client.js').Noted} answer */
  noteAnswer({ status, headers, isNews }) {
    this.pace.note(headers);
    // A proxy that finds no API behind it answers in its stead, without the id that each of the API's answers carries.
    const isStandIn = status >= 500 && headers?.has('x-request-id') !== true;
    if (status === 0 || isStandIn) {
      // A call that ran out of patience says nothing when the API answered a later one.
      if (!isNews) return;
      this.data.update((data) => ({ ...data, isReachable: false }));
      return;
    }
    const wasAway = !this.data.get().isReachable;
    const source = isNews ? headers?.get('x-data-source') : null;
    this.data.update((data) => ({
      ...data,
      isReachable: true,
      answeredAtMs: Date.now(),
      source: source === 'redis' || source === 'memory' ? source : data.source,
    }));
    // Where some calls fail and others do not, they must not chase each other.
    if (!wasAway || Date.now() < this.cameBackAtMs + COME_BACK_MS) return;
    this.cameBackAtMs = Date.now();
    void this.refresh();
  }
}
