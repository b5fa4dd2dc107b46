import { isInstanceId, type NovitaInstanceId, type StoredInstance } from '@app/instance-store';
import { type InstanceRef, lifecycleProblems } from '@app/lifecycle';
import { Problem } from '@app/platform';
import { ApiParam } from '@nestjs/swagger';
import { revisionTag } from '../core/http/entity-tags.js';

/** How a request names an instance, and an answer a state of it. */

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
 * time of last use, and how long its start-up usually takes. Neither spoils a change of settings: `If-Match` means the revision.
 *
 * @param startup `startupTag` of it
 */
export function entityTag({ record, lastUsedAt }: StoredInstance, startup: string): string {
  const tag = revisionTag(record.revision, lastUsedAt);
  return startup === '' ? tag : `${tag.slice(0, -1)}${startup}"`;
}
