import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { matchedRevision } from '../core/http/entity-tags.js';
import { entityTag } from './instance-ref.js';

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
    for (const tag of tags) expect(matchedRevision(tag, 'an instance')).toBe(7);
    const later = entityTag({ record: { ...record, revision: 8 }, lastUsedAt: null }, '');
    expect(matchedRevision(later, 'an instance')).toBe(8);
  });
});
