import type { Random } from './random.js';
import type { Trace } from './trace.js';

/** Whose code an event runs: a process that can die or stand still. */
export interface Owner {
  readonly name: string;
  readonly isAlive: boolean;
  /** Until when it stands still; epoch milliseconds. */
  readonly pausedUntilMs: number;
}

export interface ScheduledEvent {
  cancel(): void;
}

interface Entry extends ScheduledEvent {
  atMs: number;
  readonly order: number;
  readonly owner: Owner | null;
  readonly label: string;
  readonly run: () => void;
  isCancelled: boolean;
}

/** The real ones: everything else is made virtual later. */
const nextTurn = setImmediate;
const nextTick = process.nextTick.bind(process);
/** A turn of the event loop costs more than a common event; so many share one. Rejections that nobody handles show at its end. */
const EVENTS_IN_A_TURN = 50;
/** More events at one instant are a loop that never lets time pass. */
const MOST_AT_ONCE = 20_000;

/**
 * Virtual time, and all that happens in it, one event after the other: the next one runs when everything that the one
 * before has set going has come to rest. Events of the same instant come in an order that the seed decides.
 */
export class Scheduler {
  private readonly heap: Entry[] = [];
  private sinceTimeMoved = 0;
  private inTurn = 0;
  private present: Owner | null = null;
  private fault: unknown = null;
  private hasFault = false;

  constructor(
    private nowMs: number,
    private readonly random: Random,
    readonly trace: Trace,
  ) {}

  /** Epoch milliseconds. */
  readonly now = (): number => this.nowMs;

  /** Whose code runs now; null for the world outside of all processes. */
  get owner(): Owner | null {
    return this.present;
  }

  /** From now on the code that runs is that of another owner, until the event has come to rest. */
  becomes(owner: Owner | null): void {
    this.present = owner;
  }

  /**
   * @param inMs not before this; also when it is 0 the event is one of its own
   * @param owner the event never happens once its owner is dead
   */
  after(inMs: number, owner: Owner | null, label: string, run: () => void): ScheduledEvent {
    const entry: Entry = {
      atMs: Math.round(this.nowMs + Math.max(0, inMs)),
      order: this.random.fraction(),
      owner,
      label,
      run,
      isCancelled: false,
      cancel() {
        entry.isCancelled = true;
      },
    };
    this.push(entry);
    return entry;
  }

  /** Ends the run with this error after the present event. */
  fail(error: unknown): void {
    if (this.hasFault) return;
    this.hasFault = true;
    this.fault = error;
  }

  /**
   * Runs everything that is due before `untilMs`, then sets the clock to it.
   * @param afterEach called when an event has come to rest
   * @throws what an event or `afterEach` threw, and what `fail` was given
   */
  async runUntil(untilMs: number, afterEach: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        try {
          this.present = null;
          if (this.hasFault) throw this.fault;
          afterEach();
          if (this.step(untilMs)) this.atRest(turn);
          else resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      turn();
    });
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Goes on when no microtask is left: Node begins the next tick only then. */
  private atRest(goOn: () => void): void {
    this.inTurn = (this.inTurn + 1) % EVENTS_IN_A_TURN;
    if (this.inTurn === 0) nextTurn(goOn);
    else queueMicrotask(() => nextTick(goOn));
  }

  /** @returns false when nothing is due any more */
  private step(untilMs: number): boolean {
    for (let entry = this.heap[0]; entry !== undefined && entry.atMs < untilMs; entry = this.heap[0]) {
      this.dropFirst();
      const { owner } = entry;
      if (entry.isCancelled || owner?.isAlive === false) continue;
      if (owner !== null && owner.pausedUntilMs > entry.atMs) {
        this.push(Object.assign(entry, { atMs: owner.pausedUntilMs }));
        continue;
      }
      this.sinceTimeMoved = entry.atMs > this.nowMs ? 0 : this.sinceTimeMoved + 1;
      if (this.sinceTimeMoved > MOST_AT_ONCE) throw new Error(`time stands still: ${owner?.name} ${entry.label}`);
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      this.present = owner;
      this.trace.note(this.nowMs, owner?.name ?? 'world', entry.label);
      entry.run();
      return true;
    }
    return false;
  }

  private push(entry: Entry): void {
    this.heap.push(entry);
    let index = this.heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private dropFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      let least = index;
      if (left < this.heap.length && this.isBefore(left, least)) least = left;
      if (left + 1 < this.heap.length && this.isBefore(left + 1, least)) least = left + 1;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const a = this.entry(one);
    const b = this.entry(other);
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  private swap(one: number, other: number): void {
    const kept = this.entry(one);
    this.heap[one] = this.entry(other);
    this.heap[other] = kept;
  }

  private entry(index: number): Entry {
    const entry = this.heap[index];
    if (entry === undefined) throw new RangeError(`no event ${index}`);
    return entry;
  }
}
