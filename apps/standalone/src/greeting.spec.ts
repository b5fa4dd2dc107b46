import { loadSettings } from '@app/settings';
import { describe, expect, it } from 'vitest';
import { quickened } from './first-look.js';
import { greetingText } from './greeting.js';

const GREETING = {
  url: 'http://127.0.0.1:3000',
  key: 'nf_key',
  keyPath: '/x/key',
  sandboxUrl: 'http://127.0.0.1:4010',
  redis: false,
  novitaUrl: 'https://api.novita.ai',
};

describe('the greeting', () => {
  it('says in capitals that the sandbox is not Novita', () => {
    const text = greetingText(GREETING);
    expect(text).toContain('NOTHING YOU CREATE IS REAL AND NOTHING IS BILLED');
    expect(text).not.toContain('REAL NOVITA.AI');
  });

  it('warns in capitals that a real account is billed', () => {
    const text = greetingText({ ...GREETING, sandboxUrl: null });
    expect(text).toContain('INSTANCES THAT YOU CREATE ARE BILLED');
    expect(text).not.toContain('SANDBOX');
  });

  it('gives lines to paste for the whole life of an instance', () => {
    const text = greetingText(GREETING);
    expect(text).toContain("export URL=http://127.0.0.1:3000 KEY='nf_key'");
    expect(text.match(/^curl .*/gm)).toHaveLength(2);
    // Pasted whole, it leaves the instance to be looked at.
    expect(text.match(/^# curl .*/gm)).toHaveLength(2);
    // The port of the image.
    expect(text).toContain('"image":"nginx:latest","ports":["80/http"]');
    for (const part of ['"productName"', '?name=first', '/instances/stop', '/instances/delete'])
      expect(text).toContain(part);
  });

  it('begins with a link that signs in', () => {
    expect(greetingText(GREETING).trim().split('\n')[0]).toBe('open this: http://127.0.0.1:3000/#key=nf_key');
    expect(greetingText({ ...GREETING, key: 'a&b=c d' })).toContain('/#key=a%26b%3Dc%20d\n');
  });

  it('shows no key that it does not have', () => {
    expect(greetingText({ ...GREETING, key: null, keyPath: null })).toContain('open this: http://127.0.0.1:3000\n');
    expect(greetingText({ ...GREETING, key: null, keyPath: null })).toContain("KEY='<one of your API_KEYS>'");
  });
});

describe('the settings of a first look', () => {
  it('are quick and quiet where nothing else was asked for', () => {
    expect(quickened(loadSettings({ NODE_ENV: 'test' }))).toEqual({ INSTANCE_POLL_INTERVAL: '2s', LOG_LEVEL: 'warn' });
    expect(quickened(loadSettings({ NODE_ENV: 'test', INSTANCE_POLL_INTERVAL: '10s', LOG_LEVEL: 'debug' }))).toEqual(
      {},
    );
  });
});
