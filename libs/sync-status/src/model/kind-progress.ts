/** How far a run is with each kind of resources, and in each namespace of it. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { NamespaceProgress, ResourceProgress, RunStatus } from './sync-status.js';

/** The progress of one kind. Members that are left out stay as they are. */
export interface KindReport {
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly count?: number;
  readonly total?: number | null;
  readonly error?: string | null;
  readonly note?: string | null;
  /** All of them, as they stand now. */
  readonly namespaces?: readonly NamespaceProgress[];
}

/**
 * Applies the progress of one kind. Within one run a kind that was completed or has failed stays so and no count goes
 * back, although a listing may begin anew. The same object when there is nothing to change.
 */
export function withProgress(run: RunStatus, kind: string, report: KindReport): RunStatus {
  const before = run.resources.find(({ name }) => name === kind);
  if (run.state !== 'in_progress' || before === undefined || isSettled(before)) return run;
  const after = progressed(before, report);
  const resources = run.resources.map((resource) => (resource === before ? after : resource));
  const currentResource = currentOf(run.currentResource, before, resources);
  if (currentResource === run.currentResource && isEqual(before, after)) return run;
  return { ...run, resources, currentResource };
}

/** How many kinds of the run are over, failed ones included. */
export function settledCount(run: RunStatus): number {
  return run.resources.filter(isSettled).length;
}

/** Fails a kind that was being read when its run ended; other kinds stay as they are. */
export function failedWith(resource: ResourceProgress, error: string): ResourceProgress {
  return resource.status === 'in_progress' ? { ...resource, status: 'failed', error } : resource;
}

function isSettled({ status }: ResourceProgress): boolean {
  return status === 'completed' || status === 'failed';
}

function progressed(before: ResourceProgress, report: KindReport): ResourceProgress {
  const count = Math.max(before.count, report.count ?? 0);
  const total = report.total ?? before.total;
  return {
    name: before.name,
    status: report.status,
    count,
    total: total === null ? null : Math.max(total, count),
    error: report.error === undefined ? before.error : report.error,
    note: report.note === undefined ? before.note : report.note,
    ...namespacesAfter(before, report),
  };
}

/** Every event carries them, so that a cluster of thousands of namespaces must not name each. */
const NAMED_NAMESPACES = 100;

function namespacesAfter(
  { namespaces: before }: ResourceProgress,
  { namespaces }: KindReport,
): Pick<ResourceProgress, 'namespaces'> {
  if (namespaces === undefined) return before === undefined ? {} : { namespaces: before };
  const bySize = namespaces.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  const others = bySize.slice(NAMED_NAMESPACES);
  return {
    namespaces: {
      largest: bySize.slice(0, NAMED_NAMESPACES).map(({ name, count, remaining }) => ({ name, count, remaining })),
      others: others.length === 0 ? null : { namespaces: others.length, ...sumOf(others) },
    },
  };
}

/** What remains is known only when it is known of each. */
function sumOf(namespaces: readonly NamespaceProgress[]): Pick<NamespaceProgress, 'count' | 'remaining'> {
  return {
    count: namespaces.reduce((sum, { count }) => sum + count, 0),
    remaining: namespaces.reduce<number | null>(
      (sum, { remaining }) => (sum === null || remaining === null ? null : sum + remaining),
      0,
    ),
  };
}

/** The kind that began last among those being read; once it is over, the first of the others. */
function currentOf(
  current: string | null,
  before: ResourceProgress,
  resources: readonly ResourceProgress[],
): string | null {
  const reading = resources.filter(({ status }) => status === 'in_progress').map(({ name }) => name);
  if (before.status === 'pending' && reading.includes(before.name)) return before.name;
  return current !== null && reading.includes(current) ? current : (reading[0] ?? null);
}

function isEqual(a: ResourceProgress, b: ResourceProgress): boolean {
  return (
    a.status === b.status &&
    a.count === b.count &&
    a.total === b.total &&
    a.error === b.error &&
    a.note === b.note &&
    isDeepStrictEqual(a.namespaces, b.namespaces)
  );
}
