import { isInstanceId, type NovitaInstanceId, type StoredInstance } from '@app/instance-store';
import { type InstanceRef, lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { ApiParam } from '@nestjs/swagger';

/** How a request names an instance, and a revision of it. */

/** The form of an id of the provider, of which is known no more than "letters and digits". */
const FOREIGN_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** Documents the `{id}` of an instance. */
export function InstanceIdParam(): MethodDecorator {
  return ApiParam({
    name: 'id',
    description: 'Our id or the Novita id.',
    schema: { type: 'string', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' },
  });
}

/**
 * The id in a path as one of either kind.
 *
 * @throws Problem `instance-not-found` for what cannot be an id at all
 */
export function parseInstanceRef(text: string): InstanceRef {
  if (isInstanceId(text)) return text;
  if (FOREIGN_ID.test(text)) return text as NovitaInstanceId;
  throw instanceNotFound();
}

export function instanceNotFound(): Problem {
  return new Problem(lifecycleProblems['instance-not-found'], { detail: 'There is no instance with this id.' });
}

/**
 * The strong entity tag of an instance: its revision, and what moves without a new revision and is part of the answer: the
 * time of last use, and how long its start-up usually takes.
 *
 * @param startup `startupTag` of it
 */
export function entityTag({ record, lastUsedAt }: StoredInstance, startup: string): string {
  const use = lastUsedAt === null ? '' : `-${Date.parse(lastUsedAt).toString(36)}`;
  return `"${record.revision}${use}${startup}"`;
}

/**
 * The revision that an `If-Match` header asks for. Only the revision counts: a report of use does not spoil a change of
 * settings.
 *
 * @throws Problem `precondition-failed` for a tag that no instance has
 */
export function matchedRevision(ifMatch: string): number | 'any' {
  const revision = revisionToMatch(ifMatch);
  if (revision !== null) return revision;
  throw new Problem(PLATFORM_PROBLEMS['precondition-failed'], {
    detail: 'The If-Match header holds no ETag of an instance.',
  });
}

/**
 * @returns `any` for `*`; null when the header is not one tag of this service. A tag that was weakened when the answer was
 *   compressed, here or by a proxy, names the same revision
 */
export function revisionToMatch(header: string): number | 'any' | null {
  if (header.trim() === '*') return 'any';
  const match = /^(?:W\/)?"(\d{1,15})(?:-[0-9a-z]{1,12})?(?:~[0-9a-z.]{1,40})?"$/.exec(header.trim());
  return match === null ? null : Number(match[1]);
}
