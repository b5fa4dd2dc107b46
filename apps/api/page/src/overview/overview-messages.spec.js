import { describe, expect, it } from 'vitest';
import { attentionCount } from '../fleet/figures.js';
import {
  attentionLines,
  costFigure,
  figuresAge,
  idleFigure,
  nextStopFigure,
  orphansFigure,
  savedFigure,
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

describe('money', () => {
  it('is said per hour and today', () => {
    expect(costFigure(MONEY)).toEqual({ figure: '$2.36/h', note: 'Today $12.40.', tone: null });
    expect(savedFigure(MONEY).figure).toBe('$3.10');
    expect(costFigure({ ...MONEY, billedThoughStoppedUsdPerHour: 0.2 }).note).toBe(
      'Today $12.40. $0.20/h is stopped and paid by the month.',
    );
  });

  it('of what idles is said with its reasons, and is no 0 while nothing was measured', () => {
    expect(idleFigure(MONEY)).toMatchObject({ figure: '$0.35/h', note: '$0.35/h stops soon.' });
    const elsewhere = { usdPerHour: 80, instances: 2 };
    const many = {
      ...IDLE,
      usdPerHour: 80.35,
      instances: 3,
      unpriced: 1,
      byReason: { ...IDLE.byReason, useNotKnown: elsewhere },
    };
    expect(idleFigure({ ...MONEY, idle: many })).toMatchObject({
      figure: '$80.35/h',
      note: '$0.35/h stops soon, $80.00/h was made elsewhere. Without 1 of unknown price.',
    });
    const nothing = { ...IDLE, usdPerHour: 0, instances: 0, byReason: { ...IDLE.byReason, due: NONE } };
    expect(idleFigure({ ...MONEY, idle: nothing }).note).toBe('Nothing that runs is idle.');
    expect(idleFigure({ ...MONEY, idle: null }).figure).toBe('not known');
  });

  it('says what it leaves out', () => {
    expect(costFigure({ ...MONEY, unpriced: 2 }).note).toBe('Today $12.40. Without 2 of unknown price.');
  });

  it('warns from four fifths of the daily limit on', () => {
    expect(costFigure({ ...MONEY, dailyLimitUsd: 20 })).toMatchObject({ note: 'Today $12.40 of $20.00.', tone: null });
    expect(costFigure({ ...MONEY, dailyLimitUsd: 15.5 }).tone).toBe('warn');
    expect(costFigure({ ...MONEY, dailyLimitUsd: 12, limitReached: true })).toMatchObject({
      note: 'Today $12.40 of $12.00. The daily limit is reached.',
      tone: 'bad',
    });
  });
});

const QUIET = { total: 0, unconfirmed: 0, overdue: 0, failed: 0, missing: 0, orphans: 9 };

describe('attention', () => {
  it('is said line by line, with the age of the oldest', () => {
    const attention = {
      ...QUIET,
      total: 6,
      unconfirmed: 2,
      oldestUnconfirmedSeconds: 420,
      overdue: 1,
      failed: 3,
      missing: 1,
    };
    expect(attentionCount(attention)).toBe(6);
    expect(attentionLines(attention)).toEqual([
      '2 not confirmed by Novita, the oldest for 7 min',
      '1 overdue for a check',
      '3 failed',
      "1 not in Novita's listing",
    ]);
  });

  it('is nothing when nothing waits', () => {
    expect(attentionLines(QUIET)).toEqual([]);
  });

  it('of orphans says only those who may adopt how to', () => {
    expect(orphansFigure(QUIET, true).note).toContain('Adopt');
    expect(orphansFigure(QUIET, false).note).not.toContain('Adopt');
    expect(orphansFigure({ ...QUIET, orphans: 0 }, true).figure).toBe('0');
  });
});

describe('the next auto-stop', () => {
  const next = { instanceId: 'ins_1', name: 'a', stopAt: after(95), pricePerHour: 0.35 };

  it('ticks down', () => {
    expect(nextStopFigure({ enabled: true, next }, NOW)).toEqual({ figure: 'in 1 min', note: '$0.35/h', tone: null });
    expect(nextStopFigure({ enabled: true, next }, NOW + 50_000).figure).toBe('in 45 s');
    expect(nextStopFigure({ enabled: true, next }, NOW + 95_000).figure).toBe('Due now');
  });

  it('says why there is none', () => {
    expect(nextStopFigure({ enabled: true }, NOW).figure).toBe('None');
    expect(nextStopFigure({ enabled: false, next }, NOW).figure).toBe('Off');
    expect(nextStopFigure({ enabled: true, suspended: 'the data is old', next }, NOW)).toEqual({
      figure: 'Suspended',
      note: 'Nothing is stopped: the data is old.',
      tone: 'warn',
    });
  });
});

describe('the age of the figures', () => {
  const dashboard = /** @type {import('../net/api-types.js').DashboardView} */ ({ asOf: after(-4) });

  it('is said, and marked when they are stale', () => {
    expect(figuresAge(dashboard, false, NOW)).toEqual({ text: 'as of 4 s ago', tone: null });
    expect(figuresAge(dashboard, true, NOW)).toEqual({ text: 'stale, as of 4 s ago', tone: 'warn' });
    expect(figuresAge(dashboard, false, NOW + 120_000).tone).toBe('warn');
  });

  it('is that of the oldest figures while Redis is away', () => {
    expect(figuresAge({ ...dashboard, storedAsOf: after(-40) }, false, NOW)).toEqual({
      text: 'stale, as of 40 s ago',
      tone: 'warn',
    });
  });

  it('says why nothing is known', () => {
    const code = /** @type {const} */ ('novita-refuses-key');
    const unknown = { code, message: 'Novita refuses NOVITA_API_KEY.', since: after(-60) };
    expect(figuresAge({ ...dashboard, unknown }, false, NOW)).toEqual({
      text: 'not known: Novita refuses NOVITA_API_KEY.',
      tone: 'warn',
    });
  });

  it('is said only of what there is', () => {
    expect(figuresAge(null, false, NOW).text).toBe('');
    expect(figuresAge(null, true, NOW)).toEqual({ text: 'could not be read', tone: 'bad' });
  });
});
