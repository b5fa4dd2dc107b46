import type { Scheduler } from '../runtime/scheduler.js';
import type { CallLabel, SimProcess } from './process.js';
import type { Place, Weather } from './weather.js';

/** One call to the outside. */
export interface Call<Answer> {
  /** Of the caller. */
  readonly label: CallLabel;
  readonly place: Place;
  /** Carries the call out where it leads to, in the time and on behalf of nobody. */
  readonly perform: () => Promise<Answer>;
  /** What the caller sees in the place of an answer. @param isDone whether the call has taken effect all the same */
  readonly lostError: (isDone: boolean) => unknown;
  /** What is asked for, where that matters to anybody but the callee. */
  readonly args?: readonly unknown[];
  /** What is left of it when its process dies before it arrives; by default it arrives or does not. */
  readonly torn?: () => void;
}

/** Longer waits are given up by the caller. */
const PATIENCE_MS: Readonly<Record<Place, number>> = { redis: 3_000, novita: 30_000, disk: 60_000 };

/**
 * Between the processes and everything outside of them. Each call is an event at the time of its arrival, and its answer
 * another one where it takes time; so they are ordered, delayed, lost, and cut off with their process.
 */
export class Wire {
  /** Asked of every call that is sent; lets something else come first, and says by how much the call is late then; ms. */
  ambush: (label: string, args: readonly unknown[]) => number = () => 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly weather: Weather,
    private readonly chance: (probability: number) => boolean,
  ) {}

  call<Answer>(process: SimProcess, call: Call<Answer>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { place, label } = call;
    const fate = this.weather.fateOf(place);
    const back = (ms: number, settle: () => void): void => {
      if (ms === 0 && process.isAlive && process.pausedUntilMs <= this.scheduler.now()) {
        this.scheduler.becomes(process);
        settle();
      } else {
        this.scheduler.after(ms, process, label.answered, settle);
      }
    };
    const lateMs = this.ambush(label.name, call.args ?? []);
    this.scheduler.after(fate.outMs + lateMs, null, label.sent, () => {
      const isAway = place === 'redis' && this.weather.conditions.isRedisAway;
      if (!process.isAlive && this.chance(0.5)) {
        call.torn?.();
        return;
      }
      if (isAway || fate.lost === 'call') {
        back(isAway ? 1 : PATIENCE_MS[place], () => reject(call.lostError(false)));
        return;
      }
      // A call that hangs is given up; whatever it does is done.
      const waits = fate.outMs + fate.backMs;
      const isGivenUp = waits > PATIENCE_MS[place];
      const isLost = fate.lost === 'answer' || isGivenUp;
      call.perform().then(
        (answer) =>
          isLost
            ? back(fate.backMs || 1, () => reject(call.lostError(true)))
            : back(fate.backMs, () => resolve(answer)),
        (error: unknown) => back(fate.backMs, () => reject(error)),
      );
    });
    return promise;
  }

  /** Each page is asked for by itself. */
  async *pages<Page>(
    process: SimProcess,
    label: CallLabel,
    source: AsyncIterable<Page>,
    lostError: (isDone: boolean) => unknown,
  ): AsyncGenerator<Page> {
    const pages = source[Symbol.asyncIterator]();
    for (;;) {
      const page = await this.call(process, { label, place: 'redis', perform: () => pages.next(), lostError });
      if (page.done === true) return;
      yield page.value;
    }
  }

  /** Each piece of what the outside sends on and on is an event of its own. */
  async *follow<Piece>(process: SimProcess, label: string, source: AsyncIterable<Piece>): AsyncGenerator<Piece> {
    const pieces = source[Symbol.asyncIterator]();
    const comes = `comes ${label}`;
    for (;;) {
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Piece>>();
      const owner = this.scheduler.owner;
      this.scheduler.becomes(null);
      pieces.next().then(
        (piece) => this.arrive(process, comes, () => resolve(piece)),
        (error: unknown) => this.arrive(process, comes, () => reject(error)),
      );
      this.scheduler.becomes(owner);
      const { done, value } = await promise;
      if (done === true) return;
      yield value;
    }
  }

  /** Not before Redis is there. */
  private arrive(process: SimProcess, comes: string, then: () => void): void {
    const { outMs } = this.weather.fateOf('redis');
    this.scheduler.after(outMs, process, comes, () => {
      if (this.weather.conditions.isRedisAway) this.arrive(process, comes, then);
      else then();
    });
  }
}
