import { beforeEach, describe, expect, it } from 'vitest';
import { Confirmations, PLAN_MS } from './mcp-confirmations.js';

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

  it('may be used again when the answer was lost, by the same repeat key, and not when it was refused', async () => {
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
    expect(confirmations.find('key', REQUEST, token).kind).toBe('unknown');
  });

  it('makes room among the plans of its own key only', () => {
    const other = confirmations.issue('another', REQUEST, 'plan').token;
    const tokens = Array.from({ length: 30 }, () => confirmations.issue('key', REQUEST, 'plan').token);
    const open = tokens.filter((token) => confirmations.find('key', REQUEST, token).kind === 'open');
    expect(open).toEqual(tokens.slice(-20));
    expect(confirmations.find('another', REQUEST, other).kind).toBe('open');
  });
});
