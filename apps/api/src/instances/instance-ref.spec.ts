import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { entityTag, revisionToMatch } from './instance-ref.js';

const record = anInstance({ revision: 7 });
const at = (ms: number): Timestamp => new Date(ms).toISOString() as Timestamp;

describe('entity tags', () => {
  it('change with the revision, the time of last use and the estimate, and lead back to the revision', () => {
    const tags = [
      entityTag({ record, lastUsedAt: null }, ''),
      entityTag({ record, lastUsedAt: at(1_767_268_800_000) }, ''),
      entityTag({ record, lastUsedAt: at(1_767_268_800_001) }, ''),
      entityTag({ record, lastUsedAt: at(1_767_268_800_001) }, '~6o.b2.o'),
      entityTag({ record, lastUsedAt: null }, '~6o.b2.o'),
    ];
    expect(new Set(tags).size).toBe(5);
    for (const tag of tags) expect(revisionToMatch(tag)).toBe(7);
    expect(revisionToMatch(entityTag({ record: { ...record, revision: 8 }, lastUsedAt: null }, ''))).toBe(8);
  });

  it.each([
    ['*', 'any'],
    [' "12" ', 12],
    ['W/"12"', 12],
    ['"12", "13"', null],
    ['"-1"', null],
    ['12', null],
  ])('If-Match: %s asks for %s', (header, revision) => {
    expect(revisionToMatch(header)).toBe(revision);
  });
});
