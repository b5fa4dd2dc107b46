import { setTimeout as delay } from 'node:timers/promises';
import type { CallEnding, CallPlan } from '../faults/fault-board.js';
import type { Stage } from '../stage.js';
import { WrongStateError } from '../world/status.js';
import type { OpenCall } from './call-log.js';
import { isJsonObject, type Json, optionalText } from './fields.js';
import { renderListing } from './listing.js';
import type { ApiContext, Operation } from './operation.js';
import { pageNumber } from './paging.js';
import { invalidStateChange, Refusal, unauthorized } from './refusal.js';

export interface ApiSettings {
  /** Null: every key that is not empty. */
  readonly apiKey: string | null;
  readonly context: Omit<ApiContext, 'world'>;
  readonly operations: readonly Operation[];
}

/** One call as it comes in. */
export interface ApiCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Empty when there is none. */
  readonly body: string;
  /** The header; null when it was not sent. */
  readonly authorization: string | null;
}

/** How a call ends: with an answer, never, or with a broken connection. */
export type ApiEnding =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly type: 'application/json' | 'text/html' | 'text/plain';
      readonly body: string;
      readonly retryAfterSeconds: number | null;
    }
  | { readonly kind: 'silence' }
  | { readonly kind: 'reset' };

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly retryAfterSeconds: number | null;
}

const NOTHING: Json = {};

/** Answers the provider's routes. All routes are exact paths, so one look-up in a map finds the operation. */
export class Api {
  private readonly routes = new Map<string, Operation>();
  private readonly paths = new Set<string>();

  /** @param signal ends the waits of delayed answers */
  constructor(
    private readonly stage: Stage,
    private readonly settings: ApiSettings,
    private readonly signal: AbortSignal,
  ) {
    for (const operation of settings.operations) {
      this.routes.set(`${operation.method} ${operation.path}`, operation);
      this.paths.add(operation.path);
    }
  }

  /** The operationId of a route; null when there is no such route. */
  operationOf(method: string, path: string): string | null {
    return this.routes.get(`${method} ${path}`)?.id ?? null;
  }

  async answer({ method, path, query, body: text, authorization }: ApiCall): Promise<ApiEnding> {
    const now = this.stage.now();
    const operation = this.routes.get(`${method} ${path}`);
    if (operation === undefined) {
      const call = this.stage.log.open('unknown', now, null);
      call.status = this.paths.has(path) ? 405 : 404;
      return plain(call.status, call.status === 405 ? 'method not allowed' : '404 page not found');
    }
    const body = text === '' ? NOTHING : parseObject(text);
    const subject = this.subjectOf(operation, query, body ?? NOTHING);
    const call = this.stage.log.open(operation.id, now, subject.instanceId);
    const plan = this.stage.board.plan(subject, operation.isList === true, now);
    if (plan.delayMs > 0) await delay(plan.delayMs, undefined, { signal: this.signal });
    const early = plan.ending === null ? null : endingBefore(plan.ending);
    if (early !== null) return noted(early, call);
    const outcome = this.carryOut(operation, authorization, query, body, plan, call);
    if (plan.ending === null || outcome.status >= 400) return noted(answerOf(outcome), call);
    return noted(endingAfter(plan.ending, outcome), call);
  }

  private subjectOf(operation: Operation, query: URLSearchParams, body: Json) {
    const instanceId = query.get('instanceId') ?? textOrNull(body, 'instanceId');
    const known = instanceId === null ? undefined : this.stage.world.fleet.get(instanceId);
    const name = known?.name ?? textOrNull(body, 'name') ?? query.get('name');
    const page = operation.isList === true ? pageNumber(query) : null;
    return { operation: operation.id, instanceId, name, ...(page === null ? {} : { page }) };
  }

  private carryOut(
    operation: Operation,
    authorization: string | null,
    query: URLSearchParams,
    body: Json | null,
    plan: CallPlan,
    call: OpenCall,
  ): Outcome {
    try {
      this.authorize(authorization);
      if (body === null) throw new Refusal(400, 'REQUEST', 'body is not a JSON object');
      const { world } = this.stage;
      const listsAsOf = plan.lagMs === null ? null : this.stage.now() - plan.lagMs;
      const answer = operation.handle({ query, body, listsAsOf }, { ...this.settings.context, world });
      if (answer.kind === 'list') {
        const distortion = this.stage.board.distort(plan.listFaults, answer.listing.window);
        return success(renderListing(answer.listing, distortion));
      }
      if (answer.instanceId !== undefined) call.instanceId = answer.instanceId;
      return success(answer.body);
    } catch (error) {
      if (error instanceof Refusal) return outcomeOf(error);
      if (error instanceof WrongStateError) return outcomeOf(invalidStateChange());
      throw error;
    }
  }

  private authorize(authorization: string | null): void {
    const match = /^Bearer (\S+)$/.exec(authorization ?? '');
    const { apiKey } = this.settings;
    if (match === null || (apiKey !== null && match[1] !== apiKey)) throw unauthorized();
  }
}

/** Endings that come instead of the effect; null for those that come after it. */
function endingBefore(ending: CallEnding): ApiEnding | null {
  switch (ending.kind) {
    case 'error':
      return answerOf(
        outcomeOf(new Refusal(ending.status, ending.reason, ending.message, ending.retryAfterSeconds ?? null)),
      );
    case 'rate-limit': {
      const retryAfter = ending.retryAfterSeconds ?? null;
      return answerOf(outcomeOf(new Refusal(429, 'RATE_LIMIT_EXCEEDED', 'rate limit exceeded', retryAfter)));
    }
    case 'hang':
      return { kind: 'silence' };
    case 'reset':
      return ending.afterEffect === true ? null : { kind: 'reset' };
    case 'succeed-then-500':
    case 'succeed-then-hang':
    case 'malformed':
    case 'unknown-member':
      return null;
  }
}

/** What comes in place of the answer to a call that had its effect. */
function endingAfter(ending: CallEnding, outcome: Outcome): ApiEnding {
  switch (ending.kind) {
    case 'succeed-then-500': {
      const { status = 500, reason = 'UNKNOWN', message = 'unknown error' } = ending;
      return answerOf(outcomeOf(new Refusal(status, reason, message)));
    }
    case 'succeed-then-hang':
      return { kind: 'silence' };
    case 'reset':
      return { kind: 'reset' };
    case 'malformed':
      return ending.body === 'truncated'
        ? answerOf({ ...outcome, body: cutOff(outcome.body) })
        : { ...plain(outcome.status, '<!doctype html><title>Just a moment</title>'), type: 'text/html' };
    case 'unknown-member':
      return answerOf({ ...outcome, body: withMember(outcome.body, ending.member) });
    case 'error':
    case 'rate-limit':
    case 'hang':
      return answerOf(outcome);
  }
}

function noted(ending: ApiEnding, call: OpenCall): ApiEnding {
  if (ending.kind === 'answer') call.status = ending.status;
  return ending;
}

function answerOf({ status, body, retryAfterSeconds }: Outcome): ApiEnding {
  return { kind: 'answer', status, type: 'application/json', body, retryAfterSeconds };
}

function plain(status: number, body: string): Extract<ApiEnding, { kind: 'answer' }> {
  return { kind: 'answer', status, type: 'text/plain', body, retryAfterSeconds: null };
}

function success(body: string): Outcome {
  return { status: 200, body, retryAfterSeconds: null };
}

function outcomeOf(refusal: Refusal): Outcome {
  return { status: refusal.status, body: refusal.toJson(), retryAfterSeconds: refusal.retryAfterSeconds };
}

function withMember(body: string, member: string): string {
  const answer = JSON.parse(body) as Record<string, unknown>;
  const list = Object.values(answer).find((value) => Array.isArray(value)) as readonly unknown[] | undefined;
  for (const item of list ?? [answer]) if (isJsonObject(item)) Object.assign(item, { [member]: 'new' });
  return JSON.stringify(answer);
}

function cutOff(body: string): string {
  return body.slice(0, Math.max(1, Math.floor(body.length / 2)));
}

function textOrNull(body: Json, key: string): string | null {
  try {
    return optionalText(body, key);
  } catch {
    return null;
  }
}

/** @returns null when it is not a JSON object */
function parseObject(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
