import { AsyncLocalStorage } from 'node:async_hooks';
import { inSpan, parseCarrier, type TraceCarrier, traceCarrier } from '@app/platform';
import type { JobDeclaration } from '../catalogue/job.js';
import type { RunOutcome } from './run-job.js';

/** For whom a job runs: the span that asked for it, and how many runs have been made for it. There are none while traces are off. */
export interface Waker {
  readonly trace: TraceCarrier;
  readonly runs: number;
}

/** Of the requests that became one job, so many are linked. */
export const MOST_WAKERS = 16;
/**
 * A job that runs again and again, as for a start-up that is polled, belongs to the trace of its request for so many runs:
 * a stop that is never confirmed would make a trace without an end.
 */
const MOST_RUNS = 60;

const WAKER = /^([^.]+)(?:\.(\d{1,4}))?$/;

/** As it is kept with the job. Empty for none, and then nothing is kept. */
export function wakersText(wakers: readonly Waker[]): string {
  return wakers.map(({ trace, runs }) => (runs === 0 ? trace : `${trace}.${runs}`)).join(',');
}

/** @param text what cannot be read in it is left out */
export function readWakers(text: string): readonly Waker[] {
  const wakers: Waker[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [, carrier, runs = '0'] = WAKER.exec(part) ?? [];
    const trace = parseCarrier(carrier);
    if (trace !== null) wakers.push({ trace, runs: Number(runs) });
  }
  return wakers;
}

/** Those of two requests that become one. */
export function mergedWakers(one: readonly Waker[], other: readonly Waker[]): readonly Waker[] {
  return other.length === 0 ? one : [...one, ...other].slice(0, MOST_WAKERS);
}

/** For the next run of a job that asks to run again: the one in whose trace this run is. */
export function nextWakers(wakers: readonly Waker[]): readonly Waker[] {
  const [first] = freshestFirst(wakers);
  return first === undefined || first.runs + 1 >= MOST_RUNS ? [] : [{ trace: first.trace, runs: first.runs + 1 }];
}

/** What was requested meanwhile goes before what has had its runs: a stop is not shown in the trace of the create. */
function freshestFirst(wakers: readonly Waker[]): readonly Waker[] {
  return wakers.toSorted((one, other) => one.runs - other.runs);
}

/** The run that the code works for; there is none while traces are off. */
const currentRun = new AsyncLocalStorage<TracedRun>();

/**
 * Enqueues within a span of its own, if there is a span that asks for it. A run that enqueues its own job asks for its next
 * run, as one that runs again.
 *
 * @param keys coalescing keys of the jobs
 * @param work is given what is to be kept with the jobs
 */
export async function enqueueInSpan<Result>(
  job: JobDeclaration,
  keys: readonly string[],
  work: (wakers: readonly Waker[]) => Promise<Result>,
): Promise<Result> {
  if (traceCarrier() === null) return work([]);
  const run = currentRun.getStore();
  if (run !== undefined && keys.length === 1 && keys[0] === run.key) return work(nextWakers(run.wakers));
  return inSpan(
    `enqueue ${job.name}`,
    () => ({ kind: 'producer', attributes: { ...jobAttributes(job), 'messaging.batch.message_count': keys.length } }),
    () => work(wakersOfSpan(run)),
  );
}

/** Counts on in what a run asks for: jobs that ask for one another do not make a trace without an end either. */
function wakersOfSpan(run: TracedRun | undefined): readonly Waker[] {
  const trace = traceCarrier();
  const runs = run === undefined ? 0 : (freshestFirst(run.wakers)[0]?.runs ?? 0) + 1;
  return trace === null || runs >= MOST_RUNS ? [] : [{ trace, runs }];
}

export interface TracedRun {
  readonly job: JobDeclaration;
  /** Its coalescing key, which holds ids only. */
  readonly key: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly wakers: readonly Waker[];
}

/** Runs within a span of the trace that asked for it first, linked to the others; a trace of its own where nobody did. */
export function runInSpan(run: TracedRun, work: () => Promise<RunOutcome>): Promise<RunOutcome> {
  return inSpan(
    `run ${run.job.name}`,
    () => {
      const [first, ...others] = freshestFirst(run.wakers);
      return {
        kind: 'consumer',
        parent: first?.trace ?? null,
        links: others.map(({ trace }) => trace),
        attributes: {
          ...jobAttributes(run.job),
          'messaging.message.id': run.jobId,
          'novita_fleet.job.key': run.key,
          'novita_fleet.job.attempt': run.attempt,
        },
      };
    },
    async (span) => {
      const outcome = await (traceCarrier() === null ? work() : currentRun.run(run, work));
      span.note({ 'novita_fleet.job.outcome': outcome.kind });
      if (outcome.kind === 'error' || outcome.kind === 'invalid') span.fail(outcome.error.name);
      return outcome;
    },
  );
}

const jobAttributes = ({ name, queue }: JobDeclaration): Readonly<Record<string, string>> => ({
  'messaging.destination.name': queue,
  'novita_fleet.job.name': name,
});
