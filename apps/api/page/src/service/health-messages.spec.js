import { describe, expect, it } from 'vitest';
import { healthMark, healthParts, novitaState, overallHealth, redisState } from './health-messages.js';

const WELL = { status: 'ok', details: { redis: { status: 'up' }, novita: { status: 'up', circuit: 'closed' } } };

describe('overallHealth', () => {
  it.each([
    ['ok', 'All well', 'ok'],
    ['degraded', 'Degraded', 'warn'],
    ['error', 'Down', 'bad'],
    ['shutting_down', 'Shutting down', 'warn'],
    ['something new', 'something new', 'warn'],
  ])('says %s in words and tone', (status, text, tone) => {
    expect(overallHealth({ status }, true)).toMatchObject({ text, tone });
  });

  it('names what is in trouble', () => {
    const details = { sync: { status: 'degraded' }, redis: { status: 'up' }, novita: { status: 'down' } };
    expect(overallHealth({ status: 'error', details }, true).hint).toBe('Novita, Sync');
    expect(overallHealth(WELL, true).hint).toBe('Every part is well.');
  });

  it('says nothing of health while nobody answers, or before it was read', () => {
    expect(overallHealth(WELL, false)).toMatchObject({ text: 'Not answering', tone: 'bad' });
    expect(overallHealth(null, true)).toMatchObject({ text: 'Checking…', tone: 'idle' });
  });
});

describe('healthMark', () => {
  it('names what is at fault, the worker too, before how the whole is', () => {
    const details = { ...WELL.details, workers: { status: 'up', alive: false } };
    expect(healthMark({ ...WELL, details }, true, 'redis', null)).toMatchObject({ text: 'No worker', tone: 'bad' });
    expect(healthMark(WELL, true, 'redis', null).text).toBe('All well');
    const away = { ...details, redis: { status: 'down' } };
    expect(healthMark({ status: 'degraded', details: away }, true, 'redis', null).text).toBe('Redis away');
  });
});

describe('healthParts', () => {
  it('lists the parts in trouble first, with what they say; others only by name', () => {
    const parts = healthParts({
      status: 'error',
      details: {
        autoStop: { status: 'up', message: 'x' },
        sync: { status: 'degraded', message: 'the latest sync failed' },
        redis: { status: 'down', message: 'not available' },
        webhookQueue: { status: 'degraded', message: 7 },
      },
    });
    expect(parts).toEqual([
      { key: 'redis', name: 'Redis', text: 'Down', tone: 'bad', detail: 'not available' },
      { key: 'sync', name: 'Sync', text: 'Degraded', tone: 'warn', detail: 'the latest sync failed' },
      { key: 'webhookQueue', name: 'Webhook queue', text: 'Degraded', tone: 'warn', detail: '' },
      { key: 'autoStop', name: 'Auto-stop', text: 'Well', tone: 'ok', detail: '' },
    ]);
    expect(healthParts(null)).toEqual([]);
  });
});

describe('a key that Novita refuses', () => {
  const message = 'Novita refuses NOVITA_API_KEY';
  const report = {
    status: 'degraded',
    details: { novita: { status: 'degraded', circuit: 'closed', trouble: 'key-refused', message } },
  };

  it('is said as such, and not as an outage', () => {
    expect(novitaState(report, null)).toMatchObject({ text: 'Key refused', tone: 'bad' });
    expect(novitaState(report, null).hint).toContain('refuses the key');
    expect(healthParts(report)).toEqual([
      { key: 'novita', name: 'Novita', text: 'Key refused', tone: 'bad', detail: message },
    ]);
  });
});

describe('where the records are', () => {
  it('marks memory plainly, and Redis that is away even so', () => {
    expect(redisState({ status: 'ok', details: {} }, 'memory')).toMatchObject({ text: 'In memory', tone: 'warn' });
    expect(redisState(WELL, 'redis')).toMatchObject({ text: 'Redis up', tone: 'ok' });
    const away = { status: 'error', details: { redis: { status: 'down' } } };
    expect(redisState(away, 'memory')).toMatchObject({ text: 'Redis away', tone: 'bad' });
    expect(redisState(WELL, 'memory')).toMatchObject({ text: 'Redis behind', tone: 'warn' });
    const full = { status: 'degraded', details: { redis: { status: 'degraded', state: 'full' } } };
    expect(redisState(full, 'redis')).toMatchObject({ text: 'Redis in trouble', tone: 'bad' });
    expect(redisState(null, null)).toMatchObject({ tone: 'idle' });
  });
});

describe('whether Novita answers', () => {
  it.each([
    [{ status: 'up', circuit: 'closed' }, 'ok'],
    [{ status: 'up', circuit: 'half-open' }, 'warn'],
    [{ status: 'degraded' }, 'bad'],
    [{ status: 'degraded', state: 'unknown', circuit: 'closed' }, 'idle'],
  ])('%j is %s', (novita, tone) => {
    expect(novitaState({ status: 'ok', details: { novita } }, null).tone).toBe(tone);
  });

  it('is not known before Novita has answered, and no outage', () => {
    const message = 'Novita has not answered yet';
    const report = { status: 'degraded', details: { novita: { status: 'degraded', state: 'unknown', message } } };
    expect(novitaState(report, null).hint).toBe('Novita has not answered yet.');
    expect(healthParts(report)).toMatchObject([{ text: 'Not known yet', tone: 'idle', detail: message }]);
  });

  it('is not known before it was read', () => {
    expect(novitaState(null, null).tone).toBe('idle');
  });

  /** @type {import('../net/api-types.js').ResourceStatusView} */
  const failed = { name: 'clusters', status: 'failed', count: 0 };
  /** @type {import('../net/api-types.js').ResourceStatusView} */
  const read = { name: 'instances', status: 'completed', count: 3 };

  it.each([
    ['of which nothing could be read', { status: 'failed', resourceStatus: [failed] }, 'bad'],
    ['of which a part could be read', { status: 'failed', resourceStatus: [failed, read] }, 'ok'],
    ['that failed before it read', { status: 'failed', resourceStatus: [] }, 'ok'],
    ['that goes on', { status: 'in_progress', resourceStatus: [failed] }, 'ok'],
  ])('believes a sync %s', (_what, sync, tone) => {
    expect(novitaState(WELL, /** @type {any} */ (sync)).tone).toBe(tone);
  });
});
