import type { Random } from '../runtime/random.js';

/** What calls of a process lead to. */
export type Place = 'redis' | 'novita' | 'disk';

/** What becomes of one call. */
export interface Fate {
  /** Until it arrives; ms. */
  readonly outMs: number;
  /** Until its answer is back; ms. */
  readonly backMs: number;
  /** `call`: it never arrives. `answer`: it takes effect, and the caller sees an error. */
  readonly lost: 'nothing' | 'call' | 'answer';
}

/** How bad it is at present. */
export interface Conditions {
  /** Redis does not answer. */
  readonly isRedisAway: boolean;
  /** Probability that a call, or its answer, is lost; by place. */
  readonly loss: Readonly<Record<Place, number>>;
  /** Probability that a call takes very long; by place. */
  readonly slow: Readonly<Record<Place, number>>;
}

export const CALM: Conditions = {
  isRedisAway: false,
  loss: { redis: 0, novita: 0, disk: 0 },
  slow: { redis: 0, novita: 0, disk: 0 },
};

/** Usual and very long times of one way; ms. */
const TIMES: Readonly<Record<Place, { readonly usual: number; readonly slow: number }>> = {
  redis: { usual: 3, slow: 4_000 },
  novita: { usual: 400, slow: 20_000 },
  disk: { usual: 2, slow: 300 },
};

/** Decides what becomes of each call, by the conditions of the moment and the seed. */
export class Weather {
  conditions = CALM;

  constructor(private readonly random: Random) {}

  fateOf(place: Place): Fate {
    const { loss, slow } = this.conditions;
    const { usual, slow: long } = TIMES[place];
    const isSlow = this.random.chance(slow[place]);
    const outMs =
      this.random.between(0, usual + 1) + (isSlow && this.random.chance(0.5) ? this.random.between(0, long) : 0);
    // Most answers are there at once: a second event for each would double the price of a run.
    const comesLater = isSlow || this.random.chance(0.15);
    const backMs = comesLater ? this.random.between(1, isSlow ? long : 20) : 0;
    if (!this.random.chance(loss[place])) return { outMs, backMs, lost: 'nothing' };
    return { outMs, backMs, lost: this.random.chance(0.5) ? 'call' : 'answer' };
  }
}
