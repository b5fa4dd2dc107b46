import { EventStream } from '../net/event-stream.js';
import { NewestRead } from '../net/http-client.js';
import { RequestPace } from '../net/request-pace.js';
import { callAll, Store } from '../ui/store.js';
import { FiguresSchedule } from './figures-schedule.js';
import { InstanceTable } from './instance-table.js';
import { WITHOUT_REDIS, WITHOUT_WORKER } from './words.js';

/**
 * @typedef {import('../net/http-client.js').HttpClient} HttpClient
 * @typedef {import('../net/event-stream.js').StreamState} StreamState
 * @typedef {import('../net/event-stream.js').EventData} EventData
 *
 * @typedef {object} DataState what the answers of the API said about themselves
 * @property {boolean} isReachable
 * @property {number | null} answeredAtMs of the latest answer; null before the first
 * @property {'redis' | 'memory' | null} source
 *
 * @typedef {object} Health what the service says of itself and of the parts that it depends on
 * @property {string} status ok, degraded, error or shutting_down
 * @property {Readonly<Record<string, {status: string, [detail: string]: unknown}>>} [details]
 *
 * @typedef {import('../net/api-types.js').DashboardView['autoStop']} AutoStop of the fleet; `suspended`: why it does nothing
 *
 * @typedef {'dashboard' | 'health' | 'sync' | 'history'} ReadName
 */

const REFRESH_MS = 30_000;
const REFRESH_AWAY_MS = 5_000;

/** All is read anew when the API comes back, but not more often than this. */
const COME_BACK_MS = 5_000;

/** While a sync runs its progress is asked for: a second stream would take one more of the browser's few connections. */
const PROGRESS_MS = 700;

/** A hidden page gives its connection back: browsers allow six of them to one host, over all tabs. */
const HIDDEN_MS = 30_000;

/** Everything that the page knows of the fleet. Events keep it true, and a refresh in case there are none. */
export class Fleet {
  /**
   * @param {HttpClient} http
   * @param {string} key
   */
  constructor(http, key) {
    this.http = http;
    this.table = new InstanceTable(http);
    this.dashboard = new Store(/** @type {import('../net/api-types.js').DashboardView | null} */ (null));
    /** Whether the latest try to read the dashboard failed: what is shown of it is old then. */
    this.figuresFailed = new Store(false);
    this.sync = new Store(/** @type {import('../net/api-types.js').SyncStatus | null} */ (null));
    this.syncHistory = new Store(/** @type {readonly import('../net/api-types.js').SyncRunView[]} */ ([]));
    /** Why the latest try to read that failed; null when it did not. */
    this.syncHistoryProblem = new Store(/** @type {unknown} */ (null));
    this.health = new Store(/** @type {Health | null} */ (null));
    /** How long Novita may take to agree to a stop or delete, in ms; null until the service has said it. @type {number | null} */
    this.confirmPatienceMs = null;
    this.stream = new Store(/** @type {StreamState} */ ({ kind: 'connecting' }));
    /** Since when the service itself cannot follow the fleet; null while it can. */
    this.feedDegradedSince = new Store(/** @type {string | null} */ (null));
    this.data = new Store(/** @type {DataState} */ ({ isReachable: true, answeredAtMs: null, source: null }));
    /** One for each thing that the page reads again and again. @type {Readonly<Record<ReadName, NewestRead>>} */
    this.reads = {
      dashboard: new NewestRead(),
      health: new NewestRead(),
      sync: new NewestRead(),
      history: new NewestRead(),
    };
    /** Called for every event, for views that show one instance. @type {Set<(type: string, data: EventData) => void>} */
    this.listeners = new Set();
    /** Called when all is read anew, for what a view reads by itself. @type {Set<() => void>} */
    this.readers = new Set();
    /** How many views show the table: while none does, nobody waits for its rows. */
    this.tableViews = 0;
    /** The first load of the table. @type {Promise<void> | undefined} */
    this.ahead = undefined;
    this.hasReadAhead = false;
    this.events = new EventStream({
      path: '/api/v1/events',
      key,
      onEvent: (type, data) => this.applyEvent(type, data),
      onState: (state) => this.onStream(state),
      // The page lacks the content of the event: it reads all anew, so that it shows it all the same.
      onMistake: () => void this.refresh(),
    });
    /** Whether events are wanted while nobody sees the page. */
    this.isWantedHidden = () => false;
    /** When all was last read anew because the API answered again. */
    this.cameBackAtMs = 0;
    this.pace = new RequestPace();
    this.figuresSchedule = new FiguresSchedule(this.pace, () => void this.readFigures());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.progressTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.hiddenTimer = undefined;
  }

  /**
   * How auto-stop is at present, as far as known. Without Redis or a worker it does nothing, whatever was read of it before.
   *
   * @returns {AutoStop | undefined}
   */
  autoStop() {
    const known = this.dashboard.get()?.autoStop;
    const { store, workers } = this.health.get()?.details ?? {};
    const without =
      store?.['state'] === 'degraded' ? WITHOUT_REDIS : workers?.['alive'] === false ? WITHOUT_WORKER : null;
    return without === null ? known : { enabled: true, ...known, suspended: without };
  }

  /** Nothing is asked for any more with this key, whatever timer or listener is left. */
  end() {
    this.http.end();
    this.events.pause();
    this.figuresSchedule.end();
    clearTimeout(this.progressTimer);
    clearTimeout(this.hiddenTimer);
  }

  /** Reads the table before all else is begun. */
  readAhead() {
    this.hasReadAhead = true;
    this.ahead = this.table.load();
  }

  /** Follows the fleet from now on. */
  start() {
    document.addEventListener('visibilitychange', () => this.onVisibility());
    setInterval(() => {
      if (document.visibilityState === 'visible' && !this.pace.isScarce) void this.refresh();
    }, REFRESH_MS);
    setInterval(() => {
      // No event says meanwhile what becomes of a stop.
      const isAway = this.feedDegradedSince.get() !== null;
      if (isAway && document.visibilityState === 'visible' && !this.pace.isScarce) void this.loadTable();
    }, REFRESH_AWAY_MS);
    this.events.start();
  }

  /** Reads what the first view did not need, once that stands. */
  async readRest() {
    await Promise.all([
      this.dashboard.get() === null ? this.readFigures() : undefined,
      this.readHealth(),
      this.sync.get() === null ? this.readSync() : undefined,
    ]);
  }

  /** Reads everything that is shown anew. Failures show in the stores; it never throws. */
  async refresh() {
    this.events.retryNow();
    callAll(this.readers);
    await Promise.all([this.loadTable(), this.readFigures(), this.readHealth(), this.readSync()]);
  }

  /**
   * Keeps the table up to date as long as a view shows it.
   *
   * @param {AbortSignal} signal of that view
   */
  useTable(signal) {
    this.tableViews += 1;
    signal.addEventListener('abort', () => {
      this.tableViews -= 1;
    });
    // What was read ahead is for the first view; what an earlier one left behind is shown until the answer is there.
    if (!this.hasReadAhead && this.table.loading === null) this.ahead = this.table.load();
    this.hasReadAhead = false;
  }

  async loadTable() {
    if (this.tableViews > 0) await this.table.load();
  }

  /**
   * Applies the answer to a command, which says how an instance stands.
   *
   * @param {import('../net/api-types.js').Instance} instance
   */
  applyInstance(instance) {
    this.table.applyAnswer(instance);
    this.figuresSchedule.soon();
  }

  /**
   * @param {string} type
   * @param {EventData} data
   */
  applyEvent(type, data) {
    if (type === 'degraded') this.feedDegradedSince.set(data.since ?? new Date().toISOString());
    else if (type === 'restored' || type === 'connected') this.feedDegradedSince.set(null);
    else if (type === 'reset') this.startOver();
    else if (type === 'list') for (const instance of data.instances ?? []) this.table.applyListed(instance);
    else if (type === 'instance.removed' && data.instanceId !== undefined)
      this.table.remove(data.instanceId, data.revision);
    else if (data.instance !== undefined) this.table.applyEvent(data.instance);
    if (type === 'connected') void this.readTableAgain();
    if (type.startsWith('sync.')) void this.readSync();
    // The changes that a sync found on other pages are counted nowhere else.
    if (type === 'sync.completed') void this.loadTable();
    if (type === 'degraded') {
      // The next read shows whether what is on the page can be trusted.
      void this.readHealth();
      void this.loadTable();
    } else if (type === 'restored') this.startOver();
    this.figuresSchedule.again();
    callAll(this.listeners, type, data);
  }

  /** A change between the first read and the first event is in neither. */
  async readTableAgain() {
    await this.ahead;
    await this.loadTable();
  }

  /** Events were lost, or the service begins anew, or has its records again: what it said before may be void. */
  startOver() {
    this.table.forget();
    void this.refresh();
  }

  /**
   * Calls the listener for every event: `instance.*`, `sync.*`, `spend.*`, `list`, `reset`, `degraded`, `restored`.
   *
   * @param {(type: string, data: EventData) => void} listener
   * @param {AbortSignal} signal ends it
   */
  onEvent(listener, signal) {
    this.listeners.add(listener);
    signal.addEventListener('abort', () => this.listeners.delete(listener));
  }

  /**
   * Calls the reader whenever all is read anew: every 30 s, when the API or the stream is back, and on demand.
   *
   * @param {() => void} reader
   * @param {AbortSignal} signal ends it
   */
  onRefresh(reader, signal) {
    this.readers.add(reader);
    signal.addEventListener('abort', () => this.readers.delete(reader));
  }

  /** @param {StreamState} state */
  onStream(state) {
    this.stream.set(state);
    // The stream is the first to know that the API went or came back; an answer has to confirm it.
    if (state.kind === 'waiting') void this.readHealth();
    else if (state.kind === 'live' && !this.data.get().isReachable) void this.refresh();
  }

  onVisibility() {
    clearTimeout(this.hiddenTimer);
    if (document.visibilityState === 'hidden') {
      this.hiddenTimer = setTimeout(() => {
        if (!this.isWantedHidden()) this.events.pause();
      }, HIDDEN_MS);
    } else {
      this.events.start();
      void this.refresh();
    }
  }

  async readFigures() {
    this.figuresSchedule.noteRead();
    const answer = await this.readInto('dashboard', this.dashboard, '/api/v1/dashboard');
    if (answer.isNewest) this.figuresFailed.set(answer.value === null);
  }

  async readHealth() {
    // A service that is not well says so with 503, in the same text.
    const { value: health } = await this.readInto('health', this.health, '/health', { alsoFine: [503] });
    // A service that cannot count them at present says nothing of it, and what it said before still holds.
    const seconds = health?.details?.['unconfirmed']?.['confirmPatienceSeconds'];
    if (typeof seconds === 'number') this.confirmPatienceMs = seconds * 1_000;
  }

  async readSync() {
    clearTimeout(this.progressTimer);
    const before = this.sync.get();
    const { value: status, isNewest } = await this.readInto('sync', this.sync, '/api/v1/sync/status');
    if (status === null || !isNewest) return;
    if (status.status === 'in_progress') {
      clearTimeout(this.progressTimer);
      this.progressTimer = setTimeout(() => void this.readSync(), PROGRESS_MS);
    }
    const isOther = before?.runId !== status.runId || before?.status !== status.status;
    if (isOther || this.syncHistoryProblem.get() !== null) await this.readSyncHistory();
  }

  async readSyncHistory() {
    const isNewest = this.reads.history.begin();
    try {
      const { body } = await this.http.get('/api/v1/sync/history?limit=50');
      if (!isNewest()) return;
      this.syncHistory.set(body.runs);
      this.syncHistoryProblem.set(null);
    } catch (problem) {
      if (isNewest()) this.syncHistoryProblem.set(problem);
    }
  }

  /**
   * @template Value
   * @param {ReadName} name
   * @param {Store<Value | null>} store
   * @param {string} path
   * @param {import('../net/http-client.js').RequestOptions} [options]
   * @returns {Promise<{value: Value | null, isNewest: boolean}>} `value` null when it could not be read; what is shown stays,
   *   and the header says how old it is
   */
  async readInto(name, store, path, options) {
    const isNewest = this.reads[name].begin();
    try {
      const { body } = await this.http.get(path, options);
      const taken = isNewest();
      if (taken) store.set(body);
      return { value: body, isNewest: taken };
    } catch {
      return { value: null, isNewest: isNewest() };
    }
  }

  /** @param {import('../net/http-client.js').Noted} answer */
  noteAnswer({ status, headers, isNewest }) {
    this.pace.note(headers);
    // A proxy that finds no API behind it answers in its stead, without the id that each of the API's answers carries.
    const isStandIn = status >= 500 && headers?.has('x-request-id') !== true;
    if (status === 0 || isStandIn) {
      // A call that ran out of patience says nothing when the API answered a later one.
      if (!isNewest) return;
      this.data.update((data) => ({ ...data, isReachable: false }));
      return;
    }
    const wasAway = !this.data.get().isReachable;
    const source = isNewest ? headers?.get('x-data-source') : null;
    this.data.update((data) => ({
      ...data,
      isReachable: true,
      answeredAtMs: Date.now(),
      source: source === 'redis' || source === 'memory' ? source : data.source,
    }));
    // Some calls may fail while others do not: they must not chase each other.
    if (!wasAway || Date.now() < this.cameBackAtMs + COME_BACK_MS) return;
    this.cameBackAtMs = Date.now();
    void this.refresh();
  }
}
