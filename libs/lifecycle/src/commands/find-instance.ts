import type { StoredInstance, UpdateResult } from '@app/instance-store';
import { Problem } from '@app/platform';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';

export function notFound(ref: string): Problem {
  const detail = `there is no instance "${ref.slice(0, 300)}"`;
  return new Problem(lifecycleProblems['instance-not-found'], { detail });
}

/** The record after an update. @throws Problem `instance-not-found` */
export function storedOf(result: UpdateResult, ref: string): StoredInstance {
  if (result.outcome === 'missing') throw notFound(ref);
  return result.stored;
}

/** @throws Problem `revision-mismatch` */
export function checkRevision(current: number, wanted: number | undefined): void {
  if (wanted === undefined || current === wanted) return;
  throw new Problem(lifecycleProblems['revision-mismatch'], {
    detail: `the instance is at revision ${current}, not ${wanted}`,
    extensions: { revision: current },
  });
}
