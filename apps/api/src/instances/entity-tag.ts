import type { StoredInstance } from '@app/instance-store';

/**
 * The strong entity tag of an instance: its revision, and the time of last use where there is one, because that moves
 * without a new revision and is part of the answer.
 */
export function entityTag({ record, lastUsedAt }: StoredInstance): string {
  return lastUsedAt === null ? `"${record.revision}"` : `"${record.revision}-${Date.parse(lastUsedAt).toString(36)}"`;
}

/** Whether `If-None-Match` names the tag (RFC 9110, 13.1.2: weak comparison). */
export function noneMatchNames(header: string, tag: string): boolean {
  return header.trim() === '*' || tagsOf(header).some((candidate) => candidate.replace(/^W\//, '') === tag);
}

/**
 * The revision that `If-Match` asks for. Only the revision counts: a report of use does not spoil a change of settings.
 *
 * @returns `any` for `*`; null when the header is not one tag of this service; one that was weakened when the answer was compressed, here or
 *   by a proxy, names the same revision
 */
export function revisionToMatch(header: string): number | 'any' | null {
  if (header.trim() === '*') return 'any';
  const match = /^(?:W\/)?"(\d{1,15})(?:-[0-9a-z]{1,12})?"$/.exec(header.trim());
  return match === null ? null : Number(match[1]);
}

function tagsOf(header: string): string[] {
  return header.split(',').map((part) => part.trim());
}
