import { isObject, msFromTimestamp, oneLine } from '@app/platform';
import { request } from 'undici';
import type { WatchdogAct, WatchedInstance } from './decide-watch.js';
import { isInstant } from './watch-file.js';

/** Of one answer of the API. */
const ANSWER_MS = 10_000;
/** A page of 200 instances has some hundred kilobytes. */
const MOST_BYTES = 16 * 1_024 * 1_024;
/** The API's own limit. */
const PAGE = 200;
/** A hundred thousand instances. */
const MOST_PAGES = 500;

/**
 * What asking the API came to. `answered`: it is there, and does not give what was asked for, as for a wrong key. `silent`: no
 * answer, one that says it cannot (5xx), or one that is none of ours.
 */
export type ApiAnswer<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'answered'; readonly why: string }
  | { readonly kind: 'silent'; readonly why: string };

/** What the watchdog says after each round. */
export interface WatchdogReport {
  readonly dryRun: boolean;
  /** Instances whose deadlines it remembers. */
  readonly remembered: number;
  readonly acts: readonly WatchdogAct[];
}

/** The API of the fleet, as the watchdog uses it: two calls, with a key of its own. */
export class FleetApi {
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly answerMs: number = ANSWER_MS,
  ) {}

  /** All deadlines of instances of ours, complete or not at all. */
  async deadlines(signal: AbortSignal): Promise<ApiAnswer<readonly WatchedInstance[]>> {
    const found: WatchedInstance[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({ limit: String(PAGE), origin: 'managed,adopted', sort: 'createdAt' });
      if (cursor !== null) query.set('cursor', cursor);
      const answer = await this.ask('GET', `/api/v1/instances?${query.toString()}`, null, signal);
      if (answer.kind !== 'ok') return answer;
      const { value } = answer;
      if (!isObject(value) || !Array.isArray(value['instances'])) {
        return { kind: 'silent', why: 'the answer is no list of instances' };
      }
      found.push(...value['instances'].flatMap(watchedIn));
      if (typeof value['nextCursor'] !== 'string') return { kind: 'ok', value: found };
      cursor = value['nextCursor'];
    }
    return { kind: 'answered', why: `the list has more than ${MOST_PAGES} pages` };
  }

  /** Says what was done, and that the watchdog is alive. */
  async report(report: WatchdogReport, signal: AbortSignal): Promise<ApiAnswer<unknown>> {
    const answer = await this.ask('POST', '/api/v1/watchdog/reports', report, signal);
    const isTaken = answer.kind !== 'ok' || (isObject(answer.value) && Array.isArray(answer.value['taken']));
    return isTaken ? answer : { kind: 'silent', why: 'the answer to the report is none of ours' };
  }

  private async ask(
    method: 'GET' | 'POST',
    path: string,
    body: WatchdogReport | null,
    signal: AbortSignal,
  ): Promise<ApiAnswer<unknown>> {
    try {
      const answer = await request(`${this.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.key}`,
          accept: 'application/json',
          ...(body !== null && { 'content-type': 'application/json' }),
        },
        ...(body !== null && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.answerMs)]),
      });
      const text = await textOf(answer.body);
      if (text === null) return { kind: 'silent', why: 'the answer is too large' };
      const { statusCode } = answer;
      const parsed: unknown = JSON.parse(text);
      if (statusCode >= 200 && statusCode < 300) return { kind: 'ok', value: parsed };
      // A balancer, a portal or another service answers too, and is not the API: only our problems are a sign of life.
      const isOurs = statusCode >= 400 && statusCode < 500 && isObject(parsed) && typeof parsed['code'] === 'string';
      return { kind: isOurs ? 'answered' : 'silent', why: `it answers ${statusCode}` };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'silent', why: oneLine(error instanceof Error ? error.message : String(error), 200) };
    }
  }
}

/**
 * An instance that is to run and has a deadline, as idle or as the end of its lifetime; or one that was to end and that Novita
 * has not confirmed yet, due since that was decided. Nothing for any other.
 */
export function watchedIn(item: unknown): readonly WatchedInstance[] {
  if (!isObject(item)) return [];
  const { id, novitaInstanceId, name, marker, autoStopAt, lifetime, desired, desiredAt, confirmedAt } = item;
  if (typeof id !== 'string' || typeof novitaInstanceId !== 'string' || typeof name !== 'string') return [];
  const endsAt = isObject(lifetime) ? lifetime['endsAt'] : undefined;
  const isEnding = (desired === 'stopped' || desired === 'deleted') && confirmedAt === null;
  const deadlines = desired === 'running' ? [autoStopAt, endsAt] : isEnding ? [desiredAt] : [];
  const [stopAt] = deadlines.filter(isInstant).toSorted((a, b) => msFromTimestamp(a) - msFromTimestamp(b));
  if (stopAt === undefined) return [];
  return [{ id, novitaInstanceId, name, marker: typeof marker === 'string' ? marker : '', stopAt }];
}

/** @returns null when there is more than is ever expected; the rest is not read */
async function textOf(body: AsyncIterable<Buffer>): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
