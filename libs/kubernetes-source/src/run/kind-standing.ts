import { msFromTimestamp, SECOND_MS, type Timestamp } from '@app/platform';
import type { HeldSummary } from '@app/sync-status';
import type { StoredFreshness } from '../store/resource-store.js';
import { type HeldSet, type MirrorSink, waitingText } from './mirror-sink.js';
import type { KindProgress, NamespaceProgress } from './run-reporter.js';

/** A cluster that does not answer for a moment fails no run. */
const RUN_PATIENCE_MS = 30 * SECOND_MS;

/** The part of a sink by which its kind is judged. */
export type SinkStanding = Pick<
  MirrorSink,
  | 'asOf'
  | 'byNamespace'
  | 'count'
  | 'latestSet'
  | 'malformed'
  | 'reflector'
  | 'remaining'
  | 'remark'
  | 'scope'
  | 'trouble'
> & { readonly held: Pick<HeldSet, 'reason'> | null };

export interface ExpectedSink {
  readonly sink: SinkStanding;
  /** The run waits until the sink has completed this full set or a later one. */
  readonly expectedSet: number;
  /** Since when the reflector has got nowhere, however often it has tried; null while it gets on. */
  readonly troubledSince: Timestamp | null;
}

/** How far a kind is in a run: it is over when each of its scopes has been read, or cannot be. Pure. */
export function progressOf(sinks: readonly ExpectedSink[], now: Timestamp): KindProgress {
  const verdicts = sinks.map((expected) => verdictOf(expected, now));
  const count = sinks.reduce((sum, { sink }) => sum + sink.count, 0);
  const remaining = sinks.map(({ sink }) => sink.remaining);
  const total = remaining.includes(null) ? null : remaining.reduce((sum: number, left) => sum + (left ?? 0), count);
  const errors = verdicts.flatMap(({ error }) => error ?? []);
  const notes = [...new Set(verdicts.flatMap(({ note }) => note ?? []))];
  const isOver = verdicts.every(({ isOver: each }) => each);
  return {
    status: isOver ? (errors.length > 0 ? 'failed' : 'completed') : 'in_progress',
    count,
    total: isOver && errors.length === 0 ? count : total,
    error: isOver ? (errors[0] ?? null) : null,
    note: notes.length === 0 ? null : notes.join('; '),
    ...namespacesOf(sinks),
  };
}

/**
 * How fresh a kind is: as its oldest scope. Pure.
 *
 * @param before what was stored before this worker; it stands until every scope has been read
 */
export function freshnessOf(sinks: readonly SinkStanding[], before: StoredFreshness | undefined): StoredFreshness {
  let asOf: Timestamp | null = null;
  for (const sink of sinks) {
    if (sink.asOf === null) {
      asOf = before?.asOf ?? null;
      break;
    }
    if (asOf === null || sink.asOf < asOf) asOf = sink.asOf;
  }
  const errors = sinks.flatMap((sink) => errorOf(sink) ?? []);
  return { asOf, error: errors[0] ?? null };
}

/** So many reasons are named; more say no more. */
const TOLD_REASONS = 3;

/**
 * What all kinds together are held for. Pure.
 *
 * @returns null for nothing; undefined when nothing is known to be held, and a kind was not read that an earlier worker may have held
 */
export function heldOf(
  sinks: readonly Pick<MirrorSink, 'latestSet' | 'held' | 'kind' | 'reflector'>[],
): HeldSummary | null | undefined {
  const held = sinks.flatMap(({ kind, held: set }) => (set === null ? [] : [{ kind, ...set }]));
  const [first, ...others] = held.toSorted((one, other) => (one.since < other.since ? -1 : 1));
  if (first === undefined) return sinks.every((sink) => sink.latestSet > 0 || cannotBeRead(sink)) ? null : undefined;
  const reasons = [...new Set([first, ...others].map(({ kind, reason }) => `${kind}: ${reason}`))];
  const untold = reasons.length - TOLD_REASONS;
  return {
    since: first.since,
    reason: reasons.slice(0, TOLD_REASONS).join('; ') + (untold > 0 ? `; and ${untold} more` : ''),
    wouldRemove: others.reduce((sum, { keys }) => sum + keys.size, first.keys.size),
  };
}

/** Whether only a person can change that a scope is not read. */
export function cannotBeRead({ reflector }: Pick<SinkStanding, 'reflector'>): boolean {
  return reflector.phase === 'waiting' && (reflector.reason === 'absent' || reflector.reason === 'forbidden');
}

/** Whether a kind failed for a reason that is a decision of those who run the cluster. */
export function isForbidden({ reflector }: Pick<SinkStanding, 'reflector'>): boolean {
  return reflector.phase === 'waiting' && reflector.reason === 'forbidden';
}

interface Verdict {
  readonly isOver: boolean;
  readonly error: string | null;
  readonly note: string | null;
}

function verdictOf({ sink, expectedSet, troubledSince }: ExpectedSink, now: Timestamp): Verdict {
  if (sink.latestSet >= expectedSet) return { isOver: true, error: null, note: noteOf(sink) };
  return attemptOf(sink, troubledSince, now);
}

/** Whether the watch of a sink that has been read is open, or cannot be opened. Pure. */
export function watchOf(
  sink: Pick<SinkStanding, 'reflector' | 'trouble'>,
  troubledSince: Timestamp | null,
  now: Timestamp,
): Pick<Verdict, 'isOver' | 'error'> {
  if (sink.reflector.phase === 'watching') return { isOver: true, error: null };
  return attemptOf(sink, troubledSince, now);
}

function attemptOf(
  { reflector, trouble }: Pick<SinkStanding, 'reflector' | 'trouble'>,
  troubledSince: Timestamp | null,
  now: Timestamp,
): Verdict {
  if (reflector.phase !== 'waiting') return { isOver: false, error: null, note: null };
  switch (reflector.reason) {
    case 'absent':
      if (trouble === null) return { isOver: true, error: null, note: 'the cluster has no such kind' };
      return inTrouble(waitingText(reflector), troubledSince, now);
    case 'forbidden':
    case 'unauthorized':
      return { isOver: true, error: waitingText(reflector), note: null };
    case 'refused':
    case 'unreachable':
    case 'overloaded':
      return inTrouble(waitingText(reflector), troubledSince, now);
  }
}

/** What may pass by itself is an error only after a while. */
function inTrouble(text: string, troubledSince: Timestamp | null, now: Timestamp): Verdict {
  const waitedMs = troubledSince === null ? 0 : msFromTimestamp(now) - msFromTimestamp(troubledSince);
  const isOver = waitedMs >= RUN_PATIENCE_MS;
  return { isOver, error: isOver ? text : null, note: text };
}

function noteOf({ held, malformed, remark }: SinkStanding): string | null {
  if (held !== null) return `held: ${held.reason}`;
  return malformed === 0 ? remark : `${malformed} objects without a proper name, uid or version were left out`;
}

function errorOf({ trouble, held }: SinkStanding): string | null {
  return trouble ?? (held === null ? null : `held: ${held.reason}`);
}

function namespacesOf(sinks: readonly ExpectedSink[]): Pick<KindProgress, 'namespaces'> {
  const all: NamespaceProgress[] = [];
  for (const { sink } of sinks) {
    // The apiserver counts what is still to come of a list, and does not say where it stands.
    const remaining = sink.scope.kind === 'namespace' || sink.remaining === 0 ? sink.remaining : null;
    for (const [name, count] of sink.byNamespace) all.push({ name, count, remaining });
  }
  return all.length === 0 ? {} : { namespaces: all };
}
