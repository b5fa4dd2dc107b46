import { beforeAll, describe, expect, it, vi } from 'vitest';
import { anEvent } from './activity.spec.fixture.js';
import { EVENT_TYPES, isInstanceType } from './event-kinds.js';
import { ACTIVITY } from './words.js';

/** @type {typeof import('./event-sentence.js')} */
let sentences;

beforeAll(async () => {
  // Where the page begins is read when the modules are loaded.
  vi.stubGlobal('document', { baseURI: 'https://fleet.example.com/' });
  sentences = await import('./event-sentence.js');
});

const nobody = () => null;

describe('an event of an instance', () => {
  it('begins with its name and says who was behind it', () => {
    const stopping = anEvent(1, { type: 'instance.stopping' });
    expect(sentences.sentenceOf(stopping, nobody)).toMatchObject({
      instance: { id: 'ins_1', name: 'name-1' },
      text: 'is being stopped by key ci',
      about: 'RTX 4090',
      detail: '',
    });
  });

  it('says how many GPUs its price is for', () => {
    const event = anEvent(1);
    const { instance } = event;
    if (instance === undefined) throw new Error('the event has no instance');
    const large = { ...event, instance: { ...instance, gpuNum: 8, region: 'EU-01', pricePerHour: 2.8 } };
    expect(sentences.sentenceOf(large, nobody).about).toBe('8 × RTX 4090 · EU-01 · $2.80/h');
  });

  it('says why it failed', () => {
    const event = anEvent(1, { type: 'instance.failed' });
    const lastError = { code: 'start-failed', message: 'manifest unknown' };
    const { instance } = event;
    if (instance === undefined) throw new Error('the event has no instance');
    const failed = { ...event, instance: { ...instance, lastError } };
    expect(sentences.sentenceOf(failed, nobody).detail).toBe('Manifest unknown.');
  });

  it('that is gone is named as it was, if that is known', () => {
    const { instance: _gone, ...removed } = anEvent(1, { type: 'instance.removed' });
    expect(sentences.sentenceOf(removed, () => 'old-name').instance?.name).toBe('old-name');
    expect(sentences.sentenceOf(removed, nobody).instance?.name).toBe(ACTIVITY.aRemoved);
  });

  it('of each type has words', () => {
    const texts = EVENT_TYPES.filter(isInstanceType).map((type) => {
      const event = /** @type {import('./event-kinds.js').InstanceActivity} */ ({ ...anEvent(1), type });
      return sentences.sentenceOf(event, nobody).text;
    });
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).not.toContain('');
  });
});

describe('an event of the fleet', () => {
  const at = { id: '1-0', at: '2026-03-01T10:00:00.000Z' };
  const run = { ...at, runId: 'r', trigger: 'schedule', startedAt: at.at };

  it('leads to where more is shown', () => {
    const completed = { ...run, type: /** @type {const} */ ('sync.completed'), changes: { created: 3 } };
    expect(sentences.sentenceOf(completed, nobody)).toMatchObject({ text: 'A sync completed: 3 new', href: '/sync' });
    const off = {
      ...at,
      type: /** @type {const} */ ('webhook.disabled'),
      endpointId: 'w',
      origin: 'https://a.example',
    };
    expect(sentences.sentenceOf({ ...off, reason: 'gone-410' }, nobody)).toMatchObject({
      text: 'The webhook to https://a.example was switched off',
      href: '/activity?tab=webhooks',
    });
  });

  it('says what a limit means', () => {
    const spent = { day: '2026-03-01', levelPercent: 80, spentUsd: 40, limitUsd: 50, enforced: true };
    const warning = { ...at, type: /** @type {const} */ ('spend.warning'), ...spent };
    expect(sentences.sentenceOf(warning, nobody)).toMatchObject({
      text: '$40.00 of the daily limit of $50.00 is spent, 80 %',
      detail: 'Nothing new is created at 100 %.',
    });
    expect(sentences.sentenceOf({ ...warning, enforced: false }, nobody).detail).toBe('');
  });

  it('says what Novita billed otherwise', () => {
    const amounts = { meteredUsd: 40, billedUsd: 50, differencePercent: 20, tolerancePercent: 5 };
    const event = { ...at, type: /** @type {const} */ ('spend.bill_differs'), day: '2026-03-01', ...amounts };
    const { text, href } = sentences.sentenceOf(event, nobody);
    expect(text).toMatch(/^Novita billed \$50\.00 for .*1.*, and \$40\.00 was counted$/);
    expect(href).toBe('/spend');
  });
});

it('names the day of an event', () => {
  const now = new Date(2026, 2, 2, 9).getTime();
  expect(sentences.dayLabel(new Date(2026, 2, 2, 1).toISOString(), now)).toBe('Today');
  expect(sentences.dayLabel(new Date(2026, 2, 1, 23).toISOString(), now)).toBe('Yesterday');
  expect(sentences.dayLabel(new Date(2026, 1, 20, 23).toISOString(), now)).toMatch(/20/);
});
