import { describe, expect, it } from 'vitest';
import { anInstance } from './instance.spec.fixture.js';
import { afterAnswer, afterEvent, hasFixedPlaces, idleSinceMs, matches } from './known-instance.js';
import { DEFAULT_QUERY } from './table-query.js';

const AT = (/** @type {number} */ minute) => new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString();

/** Ready since 10:00, used at 10:05, to be stopped after 20 minutes. */
const KNOWN = anInstance({ readyAt: AT(0), lastUsedAt: AT(5), autoStopAt: AT(25), revision: 4 });

describe('after an answer', () => {
  it('is what the answer says, unless that is older', () => {
    const newer = anInstance({ revision: 5 });
    expect(afterAnswer(undefined, newer)).toBe(newer);
    expect(afterAnswer(KNOWN, newer)).toBe(newer);
    expect(afterAnswer(newer, KNOWN)).toBe(newer);
  });

  it('takes a later use of the same revision, and no earlier one', () => {
    const later = { ...KNOWN, lastUsedAt: AT(9), autoStopAt: AT(29) };
    expect(afterAnswer(KNOWN, later)).toBe(later);
    expect(afterAnswer(later, KNOWN)).toBe(later);
    expect(afterAnswer(KNOWN, anInstance({ revision: 4 }))).toBe(KNOWN);
  });

  it('is the very same when there is nothing new', () => {
    expect(afterAnswer(KNOWN, { ...KNOWN })).toBe(KNOWN);
  });

  it('learns when it stops, though the revision is the same', () => {
    const incoming = { ...KNOWN };
    expect(afterAnswer({ ...KNOWN, isUseUnknown: true }, incoming)).toBe(incoming);
    const sooner = { ...KNOWN, autoStopAt: AT(15) };
    expect(afterAnswer(KNOWN, sooner)).toBe(sooner);
  });
});

describe('after an event', () => {
  /** @param {Parameters<typeof anInstance>[0]} members */
  const event = (members) => anInstance({ readyAt: AT(0), revision: 5, ...members });

  it('is not older, and no poorer, than before', () => {
    expect(afterEvent(KNOWN, event({ revision: 3 }))).toBe(KNOWN);
    expect(afterEvent(KNOWN, event({ revision: 4 }))).toBe(KNOWN);
  });

  it('keeps the time of last use and that of its stop', () => {
    expect(afterEvent(KNOWN, event({ name: 'renamed' }))).toMatchObject({
      name: 'renamed',
      lastUsedAt: AT(5),
      autoStopAt: AT(25),
    });
  });

  it('moves its stop with a lease, and back when that is taken away', () => {
    const lease = { until: AT(50), by: 'user:ci', reason: 'training' };
    const leased = afterEvent(KNOWN, event({ autoStop: { lease } }));
    expect(leased.autoStopAt).toBe(new Date(Date.UTC(2026, 2, 1, 11, 10)).toISOString());
    expect(afterEvent(leased, event({ revision: 6 })).autoStopAt).toBe(AT(25));
  });

  it('keeps that it never stops', () => {
    const never = anInstance({ readyAt: AT(0), revision: 4 });
    const after = afterEvent(never, event({}));
    expect(after.autoStopAt).toBeUndefined();
    expect(after.isUseUnknown).toBeUndefined();
  });

  it('says that its stop is unknown when nothing says it', () => {
    expect(afterEvent(undefined, event({})).isUseUnknown).toBe(true);
    expect(afterEvent(KNOWN, event({ autoStop: { thresholdMinutes: 5 } })).isUseUnknown).toBe(true);
    const starting = anInstance({ status: 'starting', revision: 4 });
    const ready = afterEvent(starting, event({}));
    expect(ready.isUseUnknown).toBe(true);
    expect(afterEvent(ready, event({ revision: 6 })).isUseUnknown).toBe(true);
  });

  it.each(
    /** @type {const} */ ([
      { status: 'stopping' },
      { desired: 'stopped' },
      { origin: 'discovered' },
      { billingMode: 'monthly' },
      { autoStop: { enabled: false } },
    ]),
  )('knows that it does not stop as idle with %j', (members) => {
    const after = afterEvent(KNOWN, event(members));
    expect(after.autoStopAt).toBeUndefined();
    expect(after.isUseUnknown).toBeUndefined();
    expect(after.lastUsedAt).toBe(AT(5));
  });
});

it('counts idleness from the latest sign of use', () => {
  const lease = { until: AT(40), by: 'user:ci', reason: 'x' };
  expect(idleSinceMs(anInstance({ readyAt: AT(3) }))).toBe(Date.parse(AT(3)));
  expect(idleSinceMs(anInstance({ readyAt: AT(3), lastUsedAt: AT(7) }))).toBe(Date.parse(AT(7)));
  expect(idleSinceMs(anInstance({ readyAt: AT(3), lastUsedAt: AT(7), autoStop: { lease } }))).toBe(Date.parse(AT(40)));
});

describe('whether a query finds it', () => {
  const one = {
    ...anInstance({ name: 'llama-1', status: 'failed', region: 'EU-DE-02', image: 'vllm/vllm-openai:v0.8.4' }),
    owner: 'user:ci',
    billedNow: /** @type {const} */ ('running'),
  };

  it.each(
    /** @type {[Partial<import('./table-query.js').TableQuery>, boolean][]} */ ([
      [{}, true],
      [{ statuses: ['failed', 'ready'] }, true],
      [{ statuses: ['ready'] }, false],
      [{ regions: ['CN-HK-01', 'EU-DE-02'] }, true],
      [{ regions: ['EU-DE'] }, false],
      [{ products: ['rtx 4090'] }, true],
      [{ products: ['4090'] }, true],
      [{ products: ['H100'] }, false],
      [{ owners: ['user:ci'] }, true],
      [{ owners: ['elsewhere'] }, false],
      [{ origins: ['discovered'] }, false],
      [{ billings: ['onDemand', 'spot'] }, true],
      [{ billings: ['monthly'] }, false],
      [{ search: 'Llama' }, true],
      [{ search: 'AMA-' }, true],
      [{ search: 'VLLM-openai' }, true],
      [{ search: 'amas' }, false],
      [{ search: one.id }, true],
      [{ search: String(one.novitaInstanceId) }, true],
      [{ search: one.id, statuses: ['ready'] }, false],
      [{ show: 'running' }, true],
      [{ show: 'billed' }, true],
      [{ show: 'billed-though-stopped' }, false],
      [{ show: 'attention' }, true],
    ]),
  )('for %j is %s', (change, expected) => {
    expect(matches(one, { ...DEFAULT_QUERY, ...change })).toBe(expected);
  });
});

it('puts an instance in its place by itself only where that place never changes', () => {
  expect(hasFixedPlaces(DEFAULT_QUERY)).toBe(true);
  expect(hasFixedPlaces({ ...DEFAULT_QUERY, show: 'running', sort: 'name' })).toBe(true);
  expect(hasFixedPlaces({ ...DEFAULT_QUERY, sort: '-price' })).toBe(false);
  expect(hasFixedPlaces({ ...DEFAULT_QUERY, show: 'idle' })).toBe(false);
  expect(hasFixedPlaces({ ...DEFAULT_QUERY, idle: '1h' })).toBe(false);
});
