import { beforeEach, describe, expect, it } from 'vitest';
import { ANSWER_MS, Confirmations, PLAN_MS } from './mcp-confirmations.js';

const REQUEST = 'create_instance {"name":"a"}';

describe('a confirmation token', () => {
  let now: number;
  let confirmations: Confirmations<string, string>;
  let acts: number;
  const act = async (): Promise<string> => `done ${++acts}`;
  const confirm = async (token: string, doing = act): Promise<string> => {
    const found = confirmations.find('key', REQUEST, token);
    if (found.kind === 'confirmed') return found.answer;
    if (found.kind !== 'open') throw new Error(found.kind);
    return found.begin(doing, (error) => error instanceof TypeError);
  };

  beforeEach(() => {
    [now, acts] = [1_000_000, 0];
    confirmations = new Confirmations(() => now);
  });

  it('acts once, and answers the same to a repeat and to two at once', async () => {
    const { token } = confirmations.issue('key', REQUEST, 'plan');
    expect(await Promise.all([confirm(token), confirm(token)])).toEqual(['done 1', 'done 1']);
    now += PLAN_MS + 1;
    expect(await confirm(token)).toBe('done 1');
    expect(acts).toBe(1);
  });

  it('is bound to its key, its request and its time', async () => {
    const { token, expiresAt } = confirmations.issue('key', REQUEST, 'plan');
    expect(Date.parse(expiresAt)).toBe(now + PLAN_MS);
    expect(confirmations.find('another', REQUEST, token).kind).toBe('unknown');
    expect(confirmations.find('key', 'create_instance {"name":"b"}', token).kind).toBe('other-request');
    expect(confirmations.find('key', REQUEST, `${token}x`).kind).toBe('unknown');
    now += PLAN_MS + 1;
    expect(confirmations.find('key', REQUEST, token).kind).toBe('expired');
    expect(confirmations.find('key', REQUEST, token).kind).toBe('unknown');
  });

  it('may be used again when the answer was lost, by the same repeat key, whatever is said after that', async () => {
    const { token } = confirmations.issue('key', REQUEST, 'plan');
    const keyNow = (): string | null => {
      const found = confirmations.find('key', REQUEST, token);
      return found.kind === 'open' ? found.repeatKey : null;
    };
    const before = keyNow();
    await expect(confirm(token, () => Promise.reject(new TypeError('lost')))).rejects.toThrow('lost');
    expect(keyNow()).toBe(before);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    await expect(confirm(token, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(keyNow()).toBe(before);
    confirmations.drop('key', token);
    expect(keyNow()).toBe(before);
    expect(await confirm(token)).toBe('done 1');
  });

  it('is used up by a rejection', async () => {
    const { token } = confirmations.issue('key', REQUEST, 'plan');
    await expect(confirm(token, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(confirmations.find('key', REQUEST, token).kind).toBe('unknown');
  });

  const lose = async (): Promise<string> => {
    const { token } = confirmations.issue('key', REQUEST, 'plan');
    await expect(confirm(token, () => Promise.reject(new TypeError('lost')))).rejects.toThrow('lost');
    return token;
  };

  it('outlives its plan once it was begun, and is then forgotten, not expired', async () => {
    const token = await lose();
    now += ANSWER_MS;
    confirmations.issue('key', REQUEST, 'plan');
    expect(confirmations.find('key', REQUEST, token)).toMatchObject({ kind: 'open', isBegun: true });
    now += 1;
    expect(confirmations.find('key', REQUEST, token).kind).toBe('unknown');
  });

  it('gives way to no plan while its answer is lost, and after those that were not begun where it was answered', async () => {
    const lost = await lose();
    const answered = confirmations.issue('key', REQUEST, 'plan').token;
    await confirm(answered);
    for (let more = 0; more < 40; more++) confirmations.issue('key', REQUEST, 'plan');
    expect(confirmations.find('key', REQUEST, answered).kind).toBe('confirmed');
    for (let more = 0; more < 17; more++) await lose();
    confirmations.issue('key', REQUEST, 'plan');
    expect(confirmations.find('key', REQUEST, answered).kind).toBe('confirmed');
    await lose();
    confirmations.issue('key', REQUEST, 'plan');
    expect(confirmations.find('key', REQUEST, answered).kind).toBe('unknown');
    expect(confirmations.find('key', REQUEST, lost).kind).toBe('open');
  });

  it('makes room among the plans of its own key only', () => {
    const other = confirmations.issue('another', REQUEST, 'plan').token;
    const tokens = Array.from({ length: 30 }, () => confirmations.issue('key', REQUEST, 'plan').token);
    const open = tokens.filter((token) => confirmations.find('key', REQUEST, token).kind === 'open');
    expect(open).toEqual(tokens.slice(-20));
    expect(confirmations.find('another', REQUEST, other).kind).toBe('open');
  });
});
