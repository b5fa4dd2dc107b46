import { describe, expect, it } from 'vitest';
import { anInstance } from '../fleet/instance.spec.fixture.js';
import {
  connectionsOf,
  costSoFar,
  gpuLabel,
  idleMessage,
  notesOf,
  ownerLabel,
  roughlyAgo,
  statusLine,
  stepLabel,
  uptimeMessage,
} from './instance-messages.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const minutes = (/** @type {number} */ count) => new Date(NOW + count * 60_000).toISOString();

describe('status', () => {
  it('comes with its step', () => {
    const probe = { protocol: /** @type {const} */ ('http'), at: minutes(-1), detail: '' };
    const probes = [80, 81, 82].map((port) => ({ ...probe, port, ok: port !== 82 }));
    expect(statusLine(anInstance({ status: 'health_checking', probes }))).toBe('Probing 2/3 ports');
    expect(statusLine(anInstance({ status: 'starting', novitaStatus: 'pulling' }))).toBe('Starting · pulling');
    expect(statusLine(anInstance({}))).toBe('Ready');
  });
});

const probe = (/** @type {boolean} */ ok) => ({
  port: 80,
  protocol: /** @type {const} */ ('http'),
  ok,
  at: '',
  detail: '',
});

const port = { port: 80, type: /** @type {const} */ ('http') };

describe('the step within a status', () => {
  it("is Novita's own word while an instance is on its way", () => {
    expect(stepLabel({ status: 'starting', novitaStatus: 'pulling', portMappings: [] })).toBe('pulling');
    expect(stepLabel({ status: 'starting', novitaStatus: 'starting', portMappings: [] })).toBe('');
    expect(stepLabel({ status: 'ready', novitaStatus: 'running', portMappings: [] })).toBe('');
  });

  it('counts the ports that answer', () => {
    const portMappings = [port, port, port];
    expect(
      stepLabel({ status: 'health_checking', probes: [probe(true), probe(true), probe(false)], portMappings }),
    ).toBe('2/3 ports');
    expect(stepLabel({ status: 'health_checking', portMappings })).toBe('0/3 ports');
    expect(stepLabel({ status: 'health_checking', portMappings: [] })).toBe('');
  });
});

describe('notes', () => {
  /** @param {Parameters<typeof anInstance>[0]} members */
  const notes = (members, patienceMs = /** @type {number | null} */ (5 * 60_000)) =>
    notesOf(anInstance(members), NOW, patienceMs).map(({ text, tone }) => [text, tone]);

  it('say how long a stop waits for Novita, and when that is too long', () => {
    const stopping = /** @type {const} */ ({ status: 'stopping', desired: 'stopped', confirmedAt: null });
    expect(notes({ ...stopping, desiredAt: minutes(-2) })).toEqual([['waiting for Novita for 2 min', 'idle']]);
    expect(notes({ ...stopping, desiredAt: minutes(-7) })).toEqual([['waiting for Novita for 7 min', 'warn']]);
    expect(notes({ ...stopping, desiredAt: minutes(-7) }, 8 * 60_000)).toEqual([
      ['waiting for Novita for 7 min', 'idle'],
    ]);
    expect(notes({ ...stopping, desiredAt: minutes(-7) }, null)).toEqual([['waiting for Novita for 7 min', 'idle']]);
    expect(notes({ ...stopping, confirmedAt: minutes(-1) })).toEqual([]);
    expect(notes({ ...stopping, desired: 'running', status: 'starting' })).toEqual([]);
  });

  it('say what listings lack, and what was made elsewhere', () => {
    expect(notes({ missingSince: minutes(-5) })).toEqual([["not in Novita's listing for 5 min", 'warn']]);
    expect(notes({ origin: 'discovered', desired: 'stopped', confirmedAt: null })).toEqual([
      ['made elsewhere', 'idle'],
    ]);
  });
});

describe('idleness', () => {
  const rules = { enabled: true };
  /** @param {Parameters<typeof anInstance>[0] & {isUseUnknown?: true}} members */
  const words = (members, autoStop = /** @type {Parameters<typeof idleMessage>[2]} */ (rules)) => {
    const { isUseUnknown, ...rest } = members;
    const instance = anInstance({ readyAt: minutes(-30), ...rest });
    return idleMessage(isUseUnknown === true ? { ...instance, isUseUnknown } : instance, NOW, autoStop);
  };

  it('counts from the last use, and warns before the stop', () => {
    expect(words({ lastUsedAt: minutes(-12), autoStopAt: minutes(8) })).toMatchObject({
      idle: 'idle 12 min',
      stop: 'stops in 8 min',
      tone: '',
    });
    expect(words({ autoStopAt: minutes(3) })).toMatchObject({
      idle: 'idle 30 min',
      stop: 'stops in 3 min',
      tone: 'warn',
    });
    expect(words({ autoStopAt: minutes(-1) })).toMatchObject({ stop: 'stops now', tone: 'warn' });
  });

  it('waits for the end of a lease', () => {
    const lease = { until: minutes(40), by: 'user:ci', reason: 'training' };
    const leased = words({ autoStop: { lease }, autoStopAt: minutes(60) });
    expect(leased).toMatchObject({ idle: 'busy 40 min', stop: 'stops in 1 h' });
    expect(leased.hint()).toContain('by user:ci: training');
    const over = { ...lease, until: minutes(-5) };
    expect(words({ autoStop: { lease: over }, autoStopAt: minutes(15) }).idle).toBe('idle 5 min');
  });

  it.each(
    /** @type {const} */ ([
      [{ autoStop: { enabled: false } }, rules, 'off for it'],
      [{ billingMode: 'monthly' }, rules, 'billed monthly'],
      [{ origin: 'discovered' }, rules, 'made elsewhere'],
      [{ desired: 'stopped' }, rules, 'not meant to run'],
      [{}, { enabled: false }, 'auto-stop is off'],
      [{}, rules, 'off by its template'],
    ]),
  )('says why it never stops: %j', (members, autoStop, why) => {
    expect(words(members, autoStop).stop).toBe('no auto-stop');
    expect(words(members, autoStop).hint()).toBe(`It is not stopped when idle: ${why}.`);
  });

  it('says nothing that it does not know', () => {
    expect(words({ isUseUnknown: true })).toMatchObject({ idle: '', stop: '', tone: '' });
    expect(words({ isUseUnknown: true }).hint()).toBe('');
    expect(words({ status: 'stopped' })).toMatchObject({ idle: '', stop: '', tone: '' });
    expect(words({ status: 'stopped' }).hint()).toBe('');
  });

  it('promises no stop while auto-stop is suspended', () => {
    const suspended = words({ autoStopAt: minutes(2) }, { enabled: true, suspended: 'the data is too old' });
    expect(suspended).toMatchObject({ stop: 'would stop in 2 min', tone: '' });
    expect(suspended.hint()).toContain('the data is too old');
  });
});

describe('up, coming and down', () => {
  it.each(
    /** @type {const} */ ([
      [{ startedAt: minutes(-90) }, '1 h 30 min', true],
      [{ status: 'starting', desiredAt: minutes(-3) }, 'for 3 min', false],
      [{ status: 'stopped', stoppedAt: minutes(-60) }, 'down 1 h', false],
      [{ status: 'terminated', terminatedAt: minutes(-3000) }, 'gone 2 d', false],
      [{ status: 'failed' }, '', false],
      [{ status: 'stopped' }, '', false],
    ]),
  )('%j is %j', (members, text, isUp) => {
    expect(uptimeMessage(anInstance(members), NOW)).toMatchObject({ text, isUp });
  });

  it('is said in one unit where that is enough', () => {
    expect(roughlyAgo(minutes(-90), NOW)).toBe('1 h ago');
    expect(roughlyAgo(minutes(-3000), NOW)).toBe('2 d ago');
  });
});

it('names the machine', () => {
  expect(gpuLabel(anInstance({}))).toBe('RTX 4090 24GB');
  expect(gpuLabel(anInstance({ gpuNum: 8 }))).toBe('8 × RTX 4090 24GB');
  expect(gpuLabel(anInstance({ product: { id: '', name: '' } }))).toBe('GPU unknown');
});

it('counts what an instance has cost until now', () => {
  const cost = { usd: 2, asOf: minutes(-30), usdPerHour: 0.5, countedFrom: minutes(-300) };
  expect(costSoFar(cost, NOW)).toBe(2.25);
  expect(costSoFar({ ...cost, usdPerHour: null }, NOW)).toBe(2);
  expect(costSoFar({ ...cost, asOf: minutes(5) }, NOW)).toBe(2);
});

it('names owners as people do', () => {
  expect(['user:ci', 'elsewhere', 'unknown', 'migration', undefined].map(ownerLabel)).toEqual([
    'ci',
    'Made elsewhere',
    'Not known',
    'Migration',
    '',
  ]);
});

const CONNECTED = anInstance({
  connectionDetails: {
    ssh: { command: 'ssh -p 32787 root@proxy.example.net', password: 'sample' },
    jupyter: 'https://jupyter.example.net/lab',
    webTerminal: { address: 'https://terminal.example.net/x', username: 'root', password: 'sample2' },
  },
  portMappings: [
    { port: 8080, type: 'http', endpoint: 'https://x-8080.example.net' },
    { port: 22, type: 'tcp', endpoint: 'proxy.example.net:32787' },
    { port: 9, type: 'http' },
  ],
});

describe('ways to reach an instance', () => {
  it('are those that are known, passwords last', () => {
    expect(connectionsOf(CONNECTED).map(({ kind, what, text }) => `${kind} ${what}: ${text}`)).toEqual([
      'copy SSH command: ssh -p 32787 root@proxy.example.net',
      'open Jupyter: https://jupyter.example.net/lab',
      'open web terminal: https://terminal.example.net/x',
      'open port 8080: https://x-8080.example.net',
      'copy address of port 22: proxy.example.net:32787',
      'copy SSH password: sample',
      'copy web terminal password: sample2',
    ]);
  });

  it('are none for one that does not run', () => {
    for (const status of /** @type {const} */ (['stopped', 'stopping', 'starting', 'terminated', 'failed'])) {
      expect(connectionsOf({ ...CONNECTED, status })).toEqual([]);
    }
    expect(connectionsOf(anInstance({}))).toEqual([]);
  });

  it('never open what is no web address', () => {
    const hostile = ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'ftp://x', '//x', 'x', ''];
    for (const text of hostile) {
      const odd = anInstance({ connectionDetails: { jupyter: text } });
      expect(connectionsOf(odd).every(({ kind }) => kind === 'copy')).toBe(true);
    }
  });
});
