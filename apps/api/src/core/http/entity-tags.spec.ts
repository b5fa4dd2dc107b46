import { Problem } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { encodedTag, matchedRevision, noneMatchNames, requiredRevision, revisionTag } from './entity-tags.js';

const AT = '2026-01-01T12:00:00.000Z';

describe('the tag of a revision', () => {
  it('changes with all that the answer shows, and leads back to the revision in every encoding', () => {
    const tags = [
      revisionTag(7),
      revisionTag(7, AT),
      revisionTag(7, null, AT),
      revisionTag(7, AT, AT),
      revisionTag(7, '2026-01-01T12:00:00.001Z'),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    expect(revisionTag(7, null, null)).toBe('"7"');
    for (const tag of tags) {
      for (const sent of [tag, ...['zstd', 'br', 'gzip'].map((name) => encodedTag(tag, name))]) {
        expect(matchedRevision(sent, 'an instance')).toBe(7);
        expect(noneMatchNames(sent, tag)).toBe(true);
        expect(noneMatchNames(sent, revisionTag(8))).toBe(false);
      }
    }
    expect(encodedTag('"7"', 'br')).not.toBe(encodedTag('"7"', 'gzip'));
    expect(encodedTag('W/"x"', 'br')).toBe('W/"x"');
  });
});

describe('If-Match', () => {
  it.each([
    [undefined, null],
    ['*', null],
    [' "12" ', 12],
  ])('%s asks for %s', (header, revision) => {
    expect(matchedRevision(header, 'an instance')).toBe(revision);
  });

  it.each(['"12", "13"', '"-1"', '12', '', 'W/*', '"1234567890123456"'])('%s is no tag of ours', (header) => {
    expect(rejectionOf(() => matchedRevision(header, 'an instance'))).toMatchObject({
      type: { code: 'precondition-failed' },
      message: expect.stringContaining('is not the ETag of an instance') as string,
    });
  });

  it.each(['W/"12"', 'W/"12-lx8m2k"'])('%s is weak, and the comparison is a strong one', (header) => {
    expect(rejectionOf(() => matchedRevision(header, 'an instance'))).toMatchObject({
      type: { code: 'precondition-failed' },
      message: expect.stringContaining('a strong one: "12"') as string,
    });
  });

  it('is needed where a change could overwrite another one', () => {
    expect(requiredRevision('"3"', 'an instance')).toBe(3);
    expect(requiredRevision('*', 'an instance')).toBeNull();
    expect(rejectionOf(() => requiredRevision(undefined, 'an instance'))).toMatchObject({
      type: { code: 'precondition-required' },
    });
  });
});

describe('If-None-Match', () => {
  it.each([
    ['"7"', true],
    ['W/"7"', true],
    ['"6", "7"', true],
    ['"7-gzip"', true],
    ['*', true],
    ['"6"', false],
    ['"7-lx8m2k"', false],
    ['7', false],
    ['', false],
  ])('%s names "7": %s', (header, named) => {
    expect(noneMatchNames(header, '"7"')).toBe(named);
  });
});

function rejectionOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was not rejected');
}
