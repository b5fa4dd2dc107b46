import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { matchedRevision } from '../core/http/entity-tags.js';
import { entityTag } from './instance-ref.js';

const record = anInstance({ revision: 7 });
const at = (ms: number): Timestamp => new Date(ms).toISOString() as Timestamp;

describe('entity tags', () => {
  it('change with the revision and with the time of last use, and lead back to the revision', () => {
    const tags = [
      entityTag({ record, lastUsedAt: null }),
      entityTag({ record, lastUsedAt: at(1_767_268_800_000) }),
      entityTag({ record, lastUsedAt: at(1_767_268_800_001) }),
    ];
    expect(new Set(tags).size).toBe(3);
    for (const tag of tags) expect(matchedRevision(tag, 'an instance')).toBe(7);
    expect(matchedRevision(entityTag({ record: { ...record, revision: 8 }, lastUsedAt: null }), 'an instance')).toBe(8);
  });
});
