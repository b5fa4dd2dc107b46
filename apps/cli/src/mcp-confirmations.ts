import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** How long a plan may be confirmed; and from its confirmation on, how long its answer may be asked for again. */
export const PLAN_MS = 5 * 60_000;
export const ANSWER_MS = 60 * 60_000;
const MOST_KEYS = 200;
/** Of one key: an agent that plans and plans pushes out its own oldest plans only. */
const MOST_PLANS = 20;

interface Entry<Plan, Answer> {
  readonly request: string;
  readonly plan: Plan;
  readonly madeMs: number;
  /** What came, or comes, of the confirmation; null before it. */
  answer: Promise<Answer> | null;
  /** When it was confirmed first, in epoch milliseconds; null before it. */
  begunMs: number | null;
  /** Whether a try has failed without saying that nothing was done: from then on it may have acted, whatever later tries say. */
  wasLost: boolean;
  /** Whether what it did is known. */
  isAnswered: boolean;
}

/** What a token stands for. Unknown is also one that was forgotten: it may have acted. Expired is only one that never began. */
type Confirmation<Plan, Answer> =
  | { readonly kind: 'unknown' | 'expired' | 'other-request' }
  /** It was confirmed before; nothing is done a second time. */
  | { readonly kind: 'confirmed'; readonly answer: Promise<Answer> }
  | {
      readonly kind: 'open';
      readonly plan: Plan;
      /** It was tried, and the answer was lost: what it was planned from may have changed by it, so the plan is not compared again. */
      readonly isBegun: boolean;
      /** Always the same for the token, so that the API knows a repeat. */
      readonly repeatKey: string;
      /** Begins what was planned; whoever confirms at the same moment gets the same answer. */
      readonly begin: (act: () => Promise<Answer>, isLost: (error: unknown) => boolean) => Promise<Answer>;
    };

/**
 * The plans that wait for their confirmation. A token is bound to one key, one tool with its arguments, and one plan; it acts once.
 * All of them are in the memory of this process: one that ends takes them along, and everything is planned anew.
 */
export class Confirmations<Plan, Answer> {
  private readonly byKey = new LRUCache<string, Map<string, Entry<Plan, Answer>>>({ max: MOST_KEYS });

  /** @param now epoch milliseconds */
  constructor(private readonly now: () => number = Date.now) {}

  /**
   * @param owner stands for the key, and holds none
   * @param request the tool and its arguments
   */
  issue(owner: string, request: string, plan: Plan): { readonly token: string; readonly expiresAt: string } {
    const own = this.byKey.get(owner) ?? new Map<string, Entry<Plan, Answer>>();
    this.byKey.set(owner, own);
    for (const [token, entry] of own) if (this.isOver(entry)) own.delete(token);
    // The oldest of the least worth goes: a token that may have acted is what keeps a repeat from acting again.
    const byWorth = [...own].toSorted(([, a], [, b]) => worthOf(a) - worthOf(b));
    for (const [token] of byWorth.slice(0, Math.max(0, own.size - MOST_PLANS + 1))) own.delete(token);
    const token = `plan_${randomBytes(18).toString('base64url')}`;
    const madeMs = this.now();
    own.set(token, { request, plan, madeMs, answer: null, begunMs: null, wasLost: false, isAnswered: false });
    return { token, expiresAt: new Date(madeMs + PLAN_MS).toISOString() };
  }

  /** What the token stands for, in the hands of this key, for this request. */
  find(owner: string, request: string, token: string): Confirmation<Plan, Answer> {
    const own = this.byKey.get(owner);
    const entry = own?.get(token);
    if (own === undefined || entry === undefined) return { kind: 'unknown' };
    if (entry.request !== request) return { kind: 'other-request' };
    if (this.isOver(entry)) {
      own.delete(token);
      return { kind: entry.begunMs === null ? 'expired' : 'unknown' };
    }
    if (entry.answer !== null) return { kind: 'confirmed', answer: entry.answer };
    return {
      kind: 'open',
      plan: entry.plan,
      isBegun: entry.begunMs !== null,
      repeatKey: createHash('sha256').update(token).digest('hex'),
      begin: (act, isLost) => this.begin(own, token, entry, act, isLost),
    };
  }

  /** Ends a plan that does not hold any more, unless it was begun. */
  drop(owner: string, token: string): void {
    const own = this.byKey.get(owner);
    if (own?.get(token)?.begunMs === null) own.delete(token);
  }

  private isOver({ madeMs, begunMs }: Entry<Plan, Answer>): boolean {
    return begunMs === null ? this.now() - madeMs > PLAN_MS : this.now() - begunMs > ANSWER_MS;
  }

  private begin(
    own: Map<string, Entry<Plan, Answer>>,
    token: string,
    entry: Entry<Plan, Answer>,
    act: () => Promise<Answer>,
    isLost: (error: unknown) => boolean,
  ): Promise<Answer> {
    if (entry.answer !== null) return entry.answer;
    entry.begunMs ??= this.now();
    entry.answer = act().then(
      (answer) => {
        entry.isAnswered = true;
        return answer;
      },
      (error: unknown) => {
        entry.wasLost ||= isLost(error);
        // The same token asks again, by the same repeat key. Only a rejection with no lost try before it uses it up.
        if (entry.wasLost) entry.answer = null;
        else own.delete(token);
        throw error;
      },
    );
    return entry.answer;
  }
}

/** Least first: what never began, what has answered, and what may have acted without an answer. */
function worthOf({ begunMs, isAnswered }: Entry<unknown, unknown>): number {
  if (begunMs === null) return 0;
  return isAnswered ? 1 : 2;
}
