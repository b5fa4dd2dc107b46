import { describe, expect, it } from 'vitest';
import {
  attentionFigure,
  costFigure,
  figuresAge,
  idleFigure,
  needsOf,
  nextStopFigure,
  orphansFigure,
  runningFigure,
} from './overview-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');

/** @param {number} seconds */
const after = (seconds) => new Date(NOW + seconds * 1_000).toISOString();
const NONE = { usdPerHour: 0, instances: 0 };

const IDLE = {
  asOf: after(0),
  usdPerHour: 0.35,
  instances: 1,
  unpriced: 0,
  byReason: {
    due: { usdPerHour: 0.35, instances: 1 },
    notYetDue: NONE,
    autoStopOff: NONE,
    monthly: NONE,
    useNotKnown: NONE,
  },
};

const MONEY = {
  costUsdPerHour: 2.355,
  runningUsdPerHour: 2.355,
  billedThoughStoppedUsdPerHour: 0,
  billedThoughStoppedInstances: 0,
  todayUsd: 12.4,
  savedTodayUsd: 3.1,
  idle: IDLE,
  unpriced: 0,
};

const COUNTS = { total: 12, running: 9, discovered: 1, byStatus: { ready: 9 } };
const QUIET = { total: 0, unconfirmed: 0, overdue: 0, failed: 0, missing: 0, orphans: 0 };
const ON = { enabled: true };

describe('the figures', () => {
  it('are how many run, what they cost and what of it is idle', () => {
    expect(runningFigure(COUNTS)).toEqual({ text: '9', note: 'of 12 instances', tone: null });
    expect(costFigure(MONEY)).toEqual({ text: '$2.36/h', note: '$12.40 today', tone: null });
    expect(idleFigure(MONEY)).toEqual({ text: '$0.35/h', note: '1 instance', tone: null });
    expect(idleFigure({ ...MONEY, idle: null })).toBeNull();
    expect(orphansFigure({ ...QUIET, orphans: 1_200 }).text).toBe('1,200');
  });

  it('warn from four fifths of the daily limit on', () => {
    expect(costFigure({ ...MONEY, dailyLimitUsd: 20 })).toMatchObject({ note: '$12.40 of $20.00 today', tone: null });
    expect(costFigure({ ...MONEY, dailyLimitUsd: 15.5 }).tone).toBe('warn');
    expect(costFigure({ ...MONEY, dailyLimitUsd: 12, limitReached: true }).tone).toBe('bad');
  });

  it('warn of what needs attention', () => {
    expect(attentionFigure(QUIET)).toEqual({ text: '0', note: '', tone: null });
    expect(attentionFigure({ ...QUIET, total: 3 }).tone).toBe('warn');
  });
});

describe('what needs somebody', () => {
  /** @param {{counts?: object, money?: object, attention?: object, autoStop?: {enabled: boolean, suspended?: string}, mayCommand?: boolean}} [parts] */
  const needs = ({ counts = {}, money = {}, attention = {}, autoStop = ON, mayCommand = true } = {}) =>
    needsOf(
      { counts: { ...COUNTS, ...counts }, money: { ...MONEY, ...money }, attention: { ...QUIET, ...attention } },
      autoStop,
      mayCommand,
    );

  it('is nothing when nothing does, also with something idle that auto-stop ends', () => {
    expect(needs()).toEqual([]);
  });

  it('is said line by line, with the age of the oldest, and leads to the instances', () => {
    const attention = { total: 6, unconfirmed: 2, oldestUnconfirmedSeconds: 420, overdue: 1, failed: 3, missing: 1 };
    expect(needs({ attention, counts: { unreadable: 1 } })).toEqual([
      { text: '3 instances failed', tone: 'bad', view: 'instances', search: '?status=failed' },
      {
        text: '2 instances not confirmed by Novita, the oldest for 7 min',
        tone: 'warn',
        view: 'instances',
        search: '?show=attention',
      },
      {
        text: "1 instance not in Novita's listing",
        tone: 'warn',
        view: 'instances',
        search: '?show=attention',
      },
      { text: '1 instance overdue for a check', tone: 'warn', view: 'instances', search: '?show=attention' },
      { text: '1 instance with a record that cannot be read', tone: 'bad', view: 'instances', search: '' },
    ]);
  });

  it('is the daily limit first of all', () => {
    expect(needs({ money: { dailyLimitUsd: 20 } })).toEqual([]);
    expect(needs({ money: { dailyLimitUsd: 15 } })).toEqual([
      { text: '82 % of the daily limit of $15.00 is spent', tone: 'warn', view: 'spend' },
    ]);
    const reached = needs({ money: { dailyLimitUsd: 12, limitReached: true }, attention: { failed: 1 } });
    expect(reached[0]).toEqual({ text: 'The daily limit of $12.00 is reached', tone: 'bad', view: 'spend' });
  });

  it('is the money that nothing ends by itself', () => {
    const byReason = { ...IDLE.byReason, autoStopOff: { usdPerHour: 1.5, instances: 2 } };
    const money = {
      idle: { ...IDLE, byReason },
      billedThoughStoppedUsdPerHour: 0.7,
      billedThoughStoppedInstances: 1,
      unpriced: 3,
    };
    expect(needs({ money }).map(({ text, view }) => [text, view])).toEqual([
      ['$1.50/h stands idle that auto-stop leaves alone: 2 instances', 'spend'],
      ['$0.70/h is billed though stopped: 1 instance', 'spend'],
      ['3 instances billed at a price that nobody knows', 'instances'],
    ]);
  });

  it('is auto-stop when it stops nothing', () => {
    expect(needs({ autoStop: { enabled: false } })).toEqual([
      { text: 'Auto-stop is switched off, nothing idle is stopped', tone: 'warn', view: 'spend' },
    ]);
    expect(needs({ autoStop: { enabled: true, suspended: 'the data is old' } })).toEqual([
      { text: 'Auto-stop is suspended, nothing idle is stopped: the data is old', tone: 'warn', view: 'sync' },
    ]);
  });

  it('is what was made elsewhere, to be adopted by whoever may', () => {
    const attention = { orphans: 2 };
    expect(needs({ attention })).toEqual([
      { text: '2 instances made elsewhere, to be adopted or ignored', tone: 'warn', view: 'orphans' },
    ]);
    expect(needs({ attention, mayCommand: false })[0]?.text).toBe('2 instances made elsewhere, not managed here');
  });
});

describe('the next auto-stop', () => {
  const next = { instanceId: 'ins_1', name: 'a', stopAt: after(95), pricePerHour: 0.35 };

  it('ticks down', () => {
    expect(nextStopFigure({ enabled: true, next }, NOW)).toEqual({ text: 'in 1 min', note: 'a', tone: null });
    expect(nextStopFigure({ enabled: true, next }, NOW + 50_000).text).toBe('in 45 s');
    expect(nextStopFigure({ enabled: true, next }, NOW + 95_000).text).toBe('Due now');
  });

  it('says why there is none', () => {
    expect(nextStopFigure({ enabled: true }, NOW).text).toBe('None');
    expect(nextStopFigure({ enabled: false, next }, NOW).text).toBe('Off');
    const suspended = { enabled: true, suspended: 'the data is old', next };
    expect(nextStopFigure(suspended, NOW)).toEqual({ text: 'Suspended', note: '', tone: 'warn' });
  });
});

describe('the age of the figures', () => {
  const dashboard = /** @type {import('../net/api-types.js').DashboardView} */ ({ asOf: after(-4) });

  it('is said when they are stale', () => {
    expect(figuresAge(dashboard, false, NOW)).toEqual({ text: '', tone: null });
    expect(figuresAge(dashboard, true, NOW)).toEqual({ text: 'stale, as of 4 s ago', tone: 'warn' });
    expect(figuresAge(dashboard, false, NOW + 120_000).tone).toBe('warn');
  });

  it('is that of the oldest figures while Redis is away', () => {
    expect(figuresAge({ ...dashboard, storedAsOf: after(-40) }, false, NOW)).toEqual({
      text: 'stale, as of 40 s ago',
      tone: 'warn',
    });
  });

  it('is said only of what there is', () => {
    expect(figuresAge(null, false, NOW).text).toBe('');
    expect(figuresAge(null, true, NOW)).toEqual({ text: 'could not be read', tone: 'bad' });
  });
});
