import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** How long a plan may be confirmed, and how long a lost answer may be asked for again. */
export const PLAN_MS = 5 * 60_000;
const ANSWER_MS = 60 * 60_000;
const MOST_KEYS = 200;
/** Of one key: an agent that plans and plans pushes out its own oldest plans only. */
const MOST_PLANS = 20;

interface Entry<Plan, Answer> {
  readonly request: string;
  readonly plan: Plan;
  readonly madeMs: number;
  /** What came, or comes, of the confirmation; null before it. */
  answer: Promise<Answer> | null;
  /** Whether it was tried already, and what came of it was lost. */
  isBegun: boolean;
}

/** What a token stands for. */
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
    for (const token of own.keys()) {
      if (own.size < MOST_PLANS) break;
      own.delete(token);
    }
    const token = `plan_${randomBytes(18).toString('base64url')}`;
    const madeMs = this.now();
    own.set(token, { request, plan, madeMs, answer: null, isBegun: false });
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
      return { kind: 'expired' };
    }
    if (entry.answer !== null) return { kind: 'confirmed', answer: entry.answer };
    return {
      kind: 'open',
      plan: entry.plan,
      isBegun: entry.isBegun,
      repeatKey: createHash('sha256').update(token).digest('hex'),
      begin: (act, isLost) => begin(own, token, entry, act, isLost),
    };
  }

  /** Ends a plan that does not hold any more. */
  drop(owner: string, token: string): void {
    this.byKey.get(owner)?.delete(token);
  }

  private isOver({ madeMs, answer }: Entry<Plan, Answer>): boolean {
    return this.now() - madeMs > (answer === null ? PLAN_MS : ANSWER_MS);
  }
}

function begin<Plan, Answer>(
  own: Map<string, Entry<Plan, Answer>>,
  token: string,
  entry: Entry<Plan, Answer>,
  act: () => Promise<Answer>,
  isLost: (error: unknown) => boolean,
): Promise<Answer> {
  if (entry.answer !== null) return entry.answer;
  entry.isBegun = true;
  entry.answer = act().catch((error: unknown) => {
    // Whether it was done is not known: the same token asks again, by the same repeat key. A refusal uses it up.
    if (isLost(error)) entry.answer = null;
    else own.delete(token);
    throw error;
  });
  return entry.answer;
}
