import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallEnding, CallPlan } from '../faults/fault-board.js';
import type { Stage } from '../stage.js';
import { WrongStateError } from '../world/status.js';
import type { OpenCall } from './call-log.js';
import { isJsonObject, type Json, optionalText } from './fields.js';
import { renderListing } from './listing.js';
import { BodyTooLargeError, readBody, sendJson, sendText } from './messages.js';
import type { ApiContext, Operation } from './operation.js';
import { pageNumber } from './paging.js';
import { invalidStateChange, Refusal, unauthorized } from './refusal.js';

export interface ApiServerSettings {
  /** Null: every key that is not empty. */
  readonly apiKey: string | null;
  readonly context: Omit<ApiContext, 'world'>;
  readonly operations: readonly Operation[];
}

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly retryAfterSeconds: number | null;
}

const NOTHING: Json = {};

/** Answers the provider's routes. All routes are exact paths, so one look into a map finds the operation. */
export class ApiServer {
  private readonly routes = new Map<string, Operation>();
  private readonly paths = new Set<string>();

  /** @param signal ends the waits of delayed answers */
  constructor(
    private readonly stage: Stage,
    private readonly settings: ApiServerSettings,
    private readonly signal: AbortSignal,
  ) {
    for (const operation of settings.operations) {
      this.routes.set(`${operation.method} ${operation.path}`, operation);
      this.paths.add(operation.path);
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string, search: string): Promise<void> {
    response.setHeader('x-novita-sandbox', 'true');
    const operation = this.routes.get(`${request.method ?? ''} ${path}`);
    if (operation === undefined) {
      const call = this.stage.log.open('unknown', Date.now(), null);
      call.status = this.paths.has(path) ? 405 : 404;
      sendText(response, call.status, call.status === 405 ? 'method not allowed' : '404 page not found');
      return;
    }
    try {
      await this.answer(operation, request, response, new URLSearchParams(search));
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) throw error;
      sendText(response, 413, error.message);
    }
  }

  private async answer(
    operation: Operation,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<void> {
    const text = operation.method === 'POST' ? await readBody(request) : '';
    const body = text === '' ? NOTHING : parseObject(text);
    const subject = this.subjectOf(operation, query, body ?? NOTHING);
    const call = this.stage.log.open(operation.id, Date.now(), subject.instanceId);
    const plan = this.stage.board.plan(subject, operation.isList === true, Date.now());
    if (plan.delayMs > 0) await delay(plan.delayMs, undefined, { signal: this.signal });
    const early = plan.ending === null ? null : this.endBefore(plan.ending, response);
    if (early !== null) {
      if (early !== 'silent') this.send(response, early, call);
      return;
    }
    const outcome = this.carryOut(operation, request, query, body, plan, call);
    if (plan.ending === null || outcome.status >= 400) this.send(response, outcome, call);
    else this.endAfter(plan.ending, outcome, response, call);
  }

  private subjectOf(operation: Operation, query: URLSearchParams, body: Json) {
    const instanceId = query.get('instanceId') ?? textOrNull(body, 'instanceId');
    const known = instanceId === null ? undefined : this.stage.world.fleet.get(instanceId);
    const name = known?.name ?? textOrNull(body, 'name') ?? query.get('name');
    const page = operation.isList === true ? pageNumber(query) : null;
    return { operation: operation.id, instanceId, name, ...(page === null ? {} : { page }) };
  }

  /** Endings that come instead of the effect; null for those that come after it. */
  private endBefore(ending: CallEnding, response: ServerResponse): Outcome | 'silent' | null {
    switch (ending.kind) {
      case 'error':
        return outcomeOf(new Refusal(ending.status, ending.reason, ending.message, ending.retryAfterSeconds ?? null));
      case 'rate-limit': {
        const retryAfter = ending.retryAfterSeconds ?? null;
        return outcomeOf(new Refusal(429, 'RATE_LIMIT_EXCEEDED', 'rate limit exceeded', retryAfter));
      }
      case 'hang':
        return 'silent';
      case 'reset':
        if (ending.afterEffect === true) break;
        response.socket?.resetAndDestroy();
        return 'silent';
      case 'succeed-then-500':
      case 'succeed-then-hang':
      case 'malformed':
        break;
    }
    return null;
  }

  private carryOut(
    operation: Operation,
    request: IncomingMessage,
    query: URLSearchParams,
    body: Json | null,
    plan: CallPlan,
    call: OpenCall,
  ): Outcome {
    try {
      this.authorize(request);
      if (body === null) throw new Refusal(400, 'REQUEST', 'body is not a JSON object');
      const { world } = this.stage;
      const listsAsOf = plan.lagMs === null ? null : Date.now() - plan.lagMs;
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

  private authorize(request: IncomingMessage): void {
    const match = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '');
    const { apiKey } = this.settings;
    if (match === null || (apiKey !== null && match[1] !== apiKey)) throw unauthorized();
  }

  /** The effect has been; the answer is spoilt. */
  private endAfter(ending: CallEnding, outcome: Outcome, response: ServerResponse, call: OpenCall): void {
    switch (ending.kind) {
      case 'succeed-then-500': {
        const { status = 500, reason = 'UNKNOWN', message = 'unknown error' } = ending;
        this.send(response, outcomeOf(new Refusal(status, reason, message)), call);
        return;
      }
      case 'succeed-then-hang':
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'malformed':
        call.status = outcome.status;
        if (ending.body === 'truncated') sendJson(response, outcome.status, cutOff(outcome.body));
        else sendText(response, outcome.status, '<!doctype html><title>Just a moment</title>', 'text/html');
        return;
      case 'error':
      case 'rate-limit':
      case 'hang':
        return;
    }
  }

  private send(response: ServerResponse, outcome: Outcome, call: OpenCall): void {
    call.status = outcome.status;
    sendJson(response, outcome.status, outcome.body, outcome.retryAfterSeconds);
  }
}

function success(body: string): Outcome {
  return { status: 200, body, retryAfterSeconds: null };
}

function outcomeOf(refusal: Refusal): Outcome {
  return { status: refusal.status, body: refusal.toJson(), retryAfterSeconds: refusal.retryAfterSeconds };
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
