import type { NovitaCluster } from '@app/novita-client';
import { nearest, type Problem } from '@app/platform';
import { unknownName } from '../problems/lifecycle.problems.js';

/** The `region` of a create when any place is as good as any other. */
const ANY_REGION = 'any';

/** Whether this is `any`, in whatever case. */
export function isAnyRegion(region: string): boolean {
  return comparable(region) === ANY_REGION;
}

/**
 * Finds a region by the provider's cluster id or name, with or without the place in brackets: `CN-HK-01`, `US-CA-06`
 * for `US-CA-06 (California)`. The case does not matter.
 */
export function findCluster(clusters: readonly NovitaCluster[], region: string): NovitaCluster | null {
  const wanted = comparable(region);
  return (
    clusters.find(({ id, name }) => comparable(id) === wanted || comparable(name) === wanted) ??
    clusters.find(({ name }) => isShortFor(region, name) || isShortFor(name, region)) ??
    null
  );
}

/** Whether two names mean one region: the provider adds a place to some, and not everywhere. */
export function isSameRegion(one: string, other: string): boolean {
  return comparable(shortName(one)) === comparable(shortName(other));
}

/** The problem with a region that the provider does not know; it names similar ones. */
export function unknownRegion(region: string, clusters: readonly NovitaCluster[], pointer = '/region'): Problem {
  const names = clusters.map(({ name }) => name);
  return unknownName('unknown-region', pointer, region, nearest(region, names));
}

/** Whether the one is the other without its place in brackets. */
function isShortFor(short: string, full: string): boolean {
  return comparable(shortName(full)) === comparable(short);
}

function shortName(clusterName: string): string {
  return clusterName.replace(/\s*\(.*\)\s*$/, '').trim();
}

function comparable(name: string): string {
  return name.trim().toLowerCase();
}
