import { type Clock, oneLine, type Timestamp } from '@app/platform';
import { causeOf, NovitaError, refusesKey } from '../novita.errors.js';
import type { MalformedItem } from '../novita.js';
import type { Surprise } from '../parsing/surprises.js';
import type { CallObserver } from '../transport/attempt.js';
import { EXAMINED_ROUTES, type ExaminedRoute, type ReadOnlyNovita, type Shown } from './routes.js';

/** What an examination found of one route. */
export interface RouteReport {
  readonly call: string;
  /** `skipped`: it was not asked; `note` says why. */
  readonly outcome: 'answered' | 'failed' | 'skipped';
  /** Of the whole route, with all its pages; null when it was not asked. */
  readonly ms: number | null;
  readonly items: number | null;
  /** What is not as expected, such as `field cluster.tier`. Names, never values. */
  readonly differences: readonly string[];
  readonly note: string | null;
}

export interface Examination {
  readonly at: Timestamp;
  readonly baseUrl: string;
  /** Whether every route that was asked answered as expected. */
  readonly ok: boolean;
  readonly routes: readonly RouteReport[];
}

/** Different ones of one route; a service that invents names without end must not fill the memory. */
const MOST_DIFFERENCES = 50;
const LONGEST_LINE = 300;

/** Gathers what the client finds in the answers of one route after the other. */
export class Findings implements CallObserver {
  private readonly found = new Map<string, number>();

  surprised(_call: string, surprises: readonly Surprise[]): void {
    for (const { kind, name } of surprises) this.add(`${kind} ${name}`);
  }

  malformed(_call: string, items: readonly MalformedItem[]): void {
    // The place in the list is left out, so that a hundred alike are one.
    for (const { path, reason } of items) this.add(`unreadable ${path.replaceAll(/\[\d+\]/g, '[]')}: ${reason}`);
  }

  exchanged(): void {
    // Routes are timed as a whole.
  }

  notSent(): void {
    // The call itself fails, and says why.
  }

  /** What was found since the last time, the most frequent first. */
  take(): readonly string[] {
    const found = [...this.found].toSorted(([, a], [, b]) => b - a);
    this.found.clear();
    return found.map(([name, times]) => (times === 1 ? name : `${name} (${times} times)`));
  }

  private add(name: string): void {
    if (this.found.size >= MOST_DIFFERENCES && !this.found.has(name)) return;
    this.found.set(name, (this.found.get(name) ?? 0) + 1);
  }
}

/**
 * Asks every route that is read of Novita once, and says what differs from what this version expects. It writes nothing. When nothing
 * has answered yet and the key is refused or nobody is there, the others are not asked.
 * @param findings the observer of the client that is examined
 */
export async function examine(
  novita: ReadOnlyNovita,
  baseUrl: string,
  findings: Findings,
  clock: Clock,
): Promise<Examination> {
  const at = clock.timestamp();
  const shown: Shown = { templateId: null, instanceId: null };
  const routes: RouteReport[] = [];
  let hopeless: string | null = null;
  for (const route of EXAMINED_ROUTES) {
    if (hopeless !== null) {
      routes.push(skipped(route.call, hopeless));
      continue;
    }
    const { report, error } = await ask(route, novita, shown, findings, clock);
    routes.push(report);
    const hasAnswered = routes.some(({ outcome }) => outcome === 'answered');
    if (!hasAnswered && error !== null && isHopeless(error)) hopeless = 'not asked, for the same reason';
  }
  const ok = routes.every(({ outcome, differences }) => outcome !== 'failed' && differences.length === 0);
  return { at, baseUrl, ok, routes };
}

async function ask(
  { call, ask: answer }: ExaminedRoute,
  novita: ReadOnlyNovita,
  shown: Shown,
  findings: Findings,
  clock: Clock,
): Promise<{ readonly report: RouteReport; readonly error: NovitaError | null }> {
  const begun = performance.now();
  const elapsed = (): number => Math.round(performance.now() - begun);
  try {
    const answered = await answer(novita, shown, clock.timestamp());
    if (typeof answered === 'string') return { report: skipped(call, answered), error: null };
    const { items, note = null } = answered;
    const report = { call, outcome: 'answered', ms: elapsed(), items, differences: findings.take(), note } as const;
    return { report, error: null };
  } catch (error) {
    if (!(error instanceof NovitaError)) throw error;
    const note = oneLine(causeOf(error), LONGEST_LINE);
    const report = { call, outcome: 'failed', ms: elapsed(), items: null, differences: findings.take(), note } as const;
    return { report, error };
  }
}

function skipped(call: string, note: string): RouteReport {
  return { call, outcome: 'skipped', ms: null, items: null, differences: [], note };
}

function isHopeless(error: NovitaError): boolean {
  return error.kind === 'network' || error.kind === 'timeout' || refusesKey(error);
}

/** As lines for a person: one for each route, what differs below it, and a verdict at the end. */
export function renderExamination({ baseUrl, ok, routes }: Examination): string {
  const lines = routes.flatMap(({ call, outcome, ms, items, differences, note }) => {
    const took = ms === null ? '' : ` in ${ms} ms`;
    const count = items === null ? '' : `, ${items} ${items === 1 ? 'item' : 'items'}`;
    const more = note === null ? '' : `: ${note}`;
    return [
      `${call}: ${outcome}${took}${count}${more}`,
      ...differences.map((difference) => `    differs: ${difference}`),
    ];
  });
  return [`Novita at ${baseUrl}`, ...lines, verdictOf(ok, routes), ''].join('\n');
}

function verdictOf(ok: boolean, routes: readonly RouteReport[]): string {
  const count = (outcome: RouteReport['outcome']): number => routes.filter((route) => route.outcome === outcome).length;
  const differing = routes.filter(({ differences }) => differences.length > 0).length;
  const skips = count('skipped') === 0 ? '' : `, ${count('skipped')} not asked`;
  const summary = `${count('answered')} of ${routes.length} routes answered${skips}`;
  if (ok) return `As expected: ${summary}.`;
  return `Not as expected: ${summary}, ${count('failed')} failed, ${differing} differ.`;
}
