import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '../api/http-server.js';
import type { Fault } from '../faults/fault.js';
import { InvalidFaultError } from '../faults/parse-fault.js';
import type { Stage } from '../stage.js';
import { isSandboxStatus, SANDBOX_STATUSES, WrongStateError } from '../world/status.js';
import { UnknownInstanceError } from '../world/world-view.port.js';

interface ControlAnswer {
  readonly status: number;
  readonly value: unknown;
}

class BadControlRequestError extends Error {
  override readonly name = 'BadControlRequestError';
}

/** What the in-process controls do, over HTTP as JSON, for tests of whole processes. It asks for no key. */
export class ControlApi {
  constructor(private readonly stage: Stage) {}

  /** @param path what comes after `/__sandbox/` */
  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    let answer: ControlAnswer;
    try {
      const text = request.method === 'POST' ? await readBody(request) : '';
      const parts = path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent);
      answer = this.answer(`${request.method ?? ''} ${parts[0] ?? ''}`, parts.slice(1), parseBody(text));
    } catch (error) {
      answer = refusalOf(error);
    }
    sendJson(response, answer.status, JSON.stringify(answer.value));
  }

  private answer(route: string, rest: readonly string[], body: Readonly<Record<string, unknown>>): ControlAnswer {
    const { stage } = this;
    const [id, verb] = rest;
    switch (route) {
      case 'POST faults':
        return { status: 201, value: { id: stage.add(body as unknown as Fault) } };
      case 'GET faults':
        return ok({ faults: stage.list() });
      case 'DELETE faults':
        return ok({ ended: stage.clear(id) });
      case 'GET state':
        return ok(this.state());
      case 'GET calls':
        return ok({ total: stage.calls(), byOperation: stage.log.counters(), log: stage.callLog() });
      case 'GET instances':
        return ok(id === undefined ? { instances: stage.instances() } : known(stage.instance(id), id));
      case 'GET migrations':
        return ok({ migrations: stage.migrationJobs() });
      case 'POST instances':
        if (id === undefined || verb === undefined) break;
        return this.changeInstance(id, verb, body);
      case 'POST seed':
        return { status: 201, value: { ids: stage.seed(numberOf(body, 'instances')).map((made) => made.id) } };
      case 'POST restock':
        stage.restock(textOf(body, 'productId'), body['gpus'] === undefined ? undefined : numberOf(body, 'gpus'));
        return ok({});
      case 'POST reset':
        stage.reset();
        return ok(this.state());
      case 'POST clock':
        if (body['speed'] !== undefined) stage.setSpeed(numberOf(body, 'speed'));
        if (body['advanceMs'] !== undefined) stage.advance(numberOf(body, 'advanceMs'));
        return ok(this.state());
      default:
    }
    return { status: 404, value: { error: `no such control: ${route} ${rest.join('/')}`.trim() } };
  }

  private changeInstance(id: string, verb: string, body: Readonly<Record<string, unknown>>): ControlAnswer {
    const { stage } = this;
    switch (verb) {
      case 'status': {
        const status = body['status'];
        if (!isSandboxStatus(status)) {
          throw new BadControlRequestError(`status must be one of ${SANDBOX_STATUSES.join(', ')}`);
        }
        stage.setStatus(id, status);
        break;
      }
      case 'vanish':
        stage.vanish(id);
        return ok({});
      case 'console-start':
        stage.startFromConsole(id);
        break;
      case 'console-stop':
        stage.stopFromConsole(id);
        break;
      default:
        return { status: 404, value: { error: `no such control: ${verb}` } };
    }
    return ok(known(stage.instance(id), id));
  }

  private state() {
    const { stage } = this;
    const byStatus: Record<string, number> = {};
    const { clock, fleet } = stage.world;
    for (const { status } of fleet.filter(() => true)) byStatus[status] = (byStatus[status] ?? 0) + 1;
    return {
      instances: fleet.size,
      byStatus,
      faults: stage.list().length,
      calls: stage.calls(),
      clock: { now: Math.floor(clock.now()), realNow: Date.now(), speed: clock.speed },
    };
  }
}

function ok(value: unknown): ControlAnswer {
  return { status: 200, value };
}

function known<Found>(found: Found | undefined, id: string): Found {
  if (found === undefined) throw new UnknownInstanceError(id);
  return found;
}

function refusalOf(error: unknown): ControlAnswer {
  if (error instanceof UnknownInstanceError) return { status: 404, value: { error: error.message } };
  if (error instanceof WrongStateError) {
    return { status: 409, value: { error: `${error.message}: it is ${error.status}` } };
  }
  if (
    error instanceof InvalidFaultError ||
    error instanceof BadControlRequestError ||
    error instanceof RangeError ||
    error instanceof URIError
  ) {
    return { status: 400, value: { error: error.message } };
  }
  throw error;
}

function parseBody(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadControlRequestError('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadControlRequestError('the body must be a JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}

function numberOf(body: Readonly<Record<string, unknown>>, key: string): number {
  const value = body[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new BadControlRequestError(`${key} must be a number that is not negative`);
  }
  return value;
}

function textOf(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = body[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new BadControlRequestError(`${key} must be a string`);
  return value;
}
