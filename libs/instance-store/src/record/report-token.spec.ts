import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstanceRecord } from './instance.js';
import { acceptsToken, instanceOfToken, instanceToken, withFurtherToken, withOnlyToken } from './report-token.js';

const AT: Timestamp = timestampFromMs(Date.UTC(2026, 0, 1));
const record = anInstance({ status: 'ready' });
const secret = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 64, maxLength: 64 })
  .map((s) => s.join(''));
const tokenOf = (digit: string): string => instanceToken(record.id, digit.repeat(64));

describe('the token of an instance', () => {
  it('names its instance, is accepted, and stands nowhere in the record', () => {
    fc.assert(
      fc.property(secret, secret, (mine, other) => {
        const token = instanceToken(record.id, mine);
        expect(instanceOfToken(token)).toBe(record.id);
        const after = withOnlyToken(record, token, AT);
        expect(acceptsToken(after, token)).toBe(true);
        expect(acceptsToken(after, instanceToken(record.id, other))).toBe(mine === other);
        expect(JSON.stringify(after)).not.toContain(mine);
      }),
    );
  });

  it.each(['', 'nft_', `nft_${record.id}`, `${tokenOf('a')}a`, tokenOf('a').toUpperCase(), `x${tokenOf('a')}`])(
    'is not %j',
    (text) => {
      expect(instanceOfToken(text)).toBeNull();
    },
  );

  it('takes the place of all earlier ones, unless it is for a further machine', () => {
    const first = withOnlyToken(record, tokenOf('1'), AT);
    const bought = withFurtherToken(first, tokenOf('2'), AT);
    expect(['1', '2'].map((digit) => acceptsToken(bought, tokenOf(digit)))).toEqual([true, true]);
    const replaced = withOnlyToken(bought, tokenOf('3'), AT);
    expect(['1', '2', '3'].map((digit) => acceptsToken(replaced, tokenOf(digit)))).toEqual([false, false, true]);
  });

  it('is one of the latest four, however many machines are tried', () => {
    const digits = [...'123456'];
    const last = digits.reduce((before, digit) => withFurtherToken(before, tokenOf(digit), AT), record);
    expect(digits.filter((digit) => acceptsToken(last, tokenOf(digit)))).toEqual(['3', '4', '5', '6']);
  });

  it.each<[string, Partial<InstanceRecord>]>([
    ['terminated', { status: 'terminated' }],
    ['to be deleted', { desired: { state: 'deleted', at: AT, by: 'user:test' } }],
    ['without one', { reportToken: null }],
    ['with a damaged one', { reportToken: { givenAtCreate: false, issuedAt: null, hashes: ['', 'zz', 'abcd'] } }],
  ])('opens nothing of an instance that is %s', (_, members) => {
    const given = withOnlyToken(record, tokenOf('a'), AT);
    expect(acceptsToken({ ...given, ...members }, tokenOf('a'))).toBe(false);
  });
});
