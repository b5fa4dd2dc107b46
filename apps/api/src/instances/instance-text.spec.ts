import { IdleSettings, type InstanceRecord, idleRulesOf } from '@app/instance-store';
import { MemoryStartupTimes, StartupEstimates } from '@app/lifecycle';
import { loadSection, type Timestamp } from '@app/platform';
import { anInstance, FakeClock } from '@app/testing';
import { renderInstance, renderStored } from '@app/views';
import { describe, expect, it } from 'vitest';
import { NO_ESTIMATES } from '../../test/support/command-fakes.js';
import { matchedRevision } from '../core/http/entity-tags.js';
import { entityTag, InstanceJson, PageJson } from './instance-text.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

const full = anInstance({
  status: 'failed',
  spec: { envs: [{ key: 'A', value: 'hidden' }] },
  timestamps: { created: at('09:00:00'), started: at('09:01:00'), ready: at('09:02:00'), stopped: at('10:00:00') },
  autoStop: { enabled: true, thresholdMinutes: 2.5 },
  connection: { ssh: { command: 'ssh x', password: 'hidden' }, jupyter: null, webTerminal: null, portMappings: [] },
  webhookUrl: 'https://hidden',
});

describe('the text of an instance', () => {
  const record = Object.freeze(full);
  const textsWith = (environment: Readonly<Record<string, string>> = {}): InstanceJson =>
    new InstanceJson(loadSection(IdleSettings, environment), NO_ESTIMATES);
  const texts = textsWith();

  it('is the view, with the time of last use', () => {
    for (const secrets of [true, false, true]) {
      const text = texts.of({ record, lastUsedAt: at('10:15:00') }, secrets);
      expect(JSON.parse(text)).toEqual({ ...renderInstance(record, secrets), lastUsedAt: at('10:15:00') });
    }
  });

  it('is what a command answers with, member by member', () => {
    const rules = idleRulesOf(loadSection(IdleSettings));
    const ready = anInstance({ status: 'ready', timestamps: { created: at('09:00:00'), ready: at('09:02:00') } });
    for (const lastUsedAt of [null, at('10:15:00')]) {
      for (const one of [record, ready]) {
        const stored = { record: one, lastUsedAt };
        expect(texts.of(stored, true)).toBe(JSON.stringify(renderStored(stored, rules, true)));
      }
    }
  });

  it('never shows a viewer the text that was made for an operator', () => {
    texts.of({ record, lastUsedAt: null }, true);
    expect(texts.of({ record, lastUsedAt: null }, false)).not.toContain('hidden');
  });

  describe('while it starts', () => {
    const USUAL = { startupEstimateSeconds: 240, startupEstimateP95Seconds: 240, startupEstimateBasedOn: 1 };
    const starting = anInstance({ status: 'starting' });

    async function knowing(): Promise<InstanceJson> {
      const times = new MemoryStartupTimes();
      const { productId, image } = starting.spec;
      await times.record([{ key: 'a', productId, image, seconds: 240, atMs: 0 }], { from: null, to: '1-0' });
      const estimates = new StartupEstimates(times, new FakeClock());
      await estimates.byProduct();
      return new InstanceJson(loadSection(IdleSettings), estimates);
    }

    it('says how long that usually takes, as soon as it is known', async () => {
      const json = await knowing();
      const view = renderInstance(starting, true);
      expect(JSON.parse(json.ofRecord(starting, true))).toEqual({ ...view, ...USUAL });
      const used = { record: starting, lastUsedAt: at('10:00:00') };
      expect(JSON.parse(json.of(used, true))).toEqual({ ...view, lastUsedAt: used.lastUsedAt, ...USUAL });
      expect(JSON.parse(texts.ofRecord(starting, true))).toEqual(view);
    });

    it('has another entity tag with each estimate, the same in every process, alone and in a list', async () => {
      const stored = { record: starting, lastUsedAt: null };
      const page = { instances: [stored], total: 1, nextCursor: null };
      const [json, another] = [await knowing(), await knowing()];
      expect(json.tagOf(stored)).toBe(another.tagOf(stored));
      expect(json.tagOf(stored)).not.toBe(texts.tagOf(stored));
      expect(json.tagOf(stored)).toMatch(/^"\d+~6o\.6o\.1"$/);
      expect(new PageJson(json).of(page, true).tag).not.toBe(new PageJson(texts).of(page, true).tag);
      const ready = { record: anInstance({ ...starting, status: 'ready' }), lastUsedAt: null };
      expect(json.tagOf(ready)).toBe(texts.tagOf(ready));
    });

    it.each([
      ['it is ready', { status: 'ready' }],
      ['it failed', { status: 'failed' }],
      ['it is to be stopped', { desired: { state: 'stopped', at: at('10:00:00'), by: 'user:ci' } }],
      ['its image was never started', { spec: { image: 'other' } }],
      ['its product was never started', { spec: { productId: 'other' } }],
    ] as const)('says nothing when %s', async (_what, change) => {
      const json = await knowing();
      const other = anInstance({
        ...starting,
        ...change,
        spec: { ...starting.spec, ...('spec' in change && change.spec) },
      });
      expect(JSON.parse(json.ofRecord(other, true))).toEqual(renderInstance(other, true));
    });
  });

  it('is made anew for a new revision', () => {
    const next = Object.freeze({ ...record, revision: 2 });
    expect(texts.of({ record: next, lastUsedAt: null }, true)).toContain('"revision":2');
  });

  describe('when it is stopped as idle', () => {
    const ready = anInstance({ status: 'ready', timestamps: { created: at('09:00:00'), ready: at('09:02:00') } });
    const stopOf = (instance: InstanceRecord, lastUsedAt: Timestamp | null = null, by: InstanceJson = texts): unknown =>
      (JSON.parse(by.of({ record: instance, lastUsedAt }, true)) as { autoStopAt?: string }).autoStopAt;

    it('follows every use of the same record, back to none', () => {
      for (const [used, stop] of [
        [null, '09:22:00'],
        [at('10:00:00'), '10:20:00'],
        [at('10:00:01'), '10:20:01'],
        [at('10:00:01'), '10:20:01'],
        [null, '09:22:00'],
        // Before it was ready: its time does not begin earlier for that.
        [at('09:01:00'), '09:22:00'],
      ] as const) {
        expect([used, stopOf(ready, used)]).toEqual([used, at(stop)]);
      }
    });

    it('goes by the instance, then its template, then the fleet', () => {
      const byTemplate = textsWith({ AUTO_STOP_THRESHOLD: '1h', AUTO_STOP_TEMPLATE_THRESHOLDS: '212=2h,213=off' });
      const templated = (templateId: string, autoStop = {}): InstanceRecord =>
        anInstance({ ...ready, autoStop, spec: { templateId } });
      expect(stopOf(ready, null, byTemplate)).toBe(at('10:02:00'));
      expect(stopOf(templated('212'), null, byTemplate)).toBe(at('11:02:00'));
      expect(stopOf(templated('213'), null, byTemplate)).toBeUndefined();
      expect(stopOf(templated('213', { thresholdMinutes: 0.5 }), null, byTemplate)).toBe(at('09:02:30'));
    });

    it('begins with the end of a lease', () => {
      const lease = { until: at('11:00:00'), by: 'user:ci', reason: 'training' };
      const leased = anInstance({ ...ready, autoStop: { lease } });
      expect(stopOf(leased, at('10:00:00'))).toBe(at('11:20:00'));
      expect(JSON.parse(texts.of({ record: leased, lastUsedAt: null }, false))).toMatchObject({ autoStop: { lease } });
    });

    it.each([
      ['one that is starting', { status: 'starting' }],
      ['one that is being stopped', { status: 'stopping' }],
      ['one that is to be stopped', { desired: { state: 'stopped', at: at('10:00:00'), by: 'user:ci' } }],
      ['one made elsewhere', { origin: 'discovered' }],
      ['one that is switched off', { autoStop: { enabled: false } }],
      ['one that is paid by the month', { spec: { billingMode: 'monthly' } }],
    ] as const)('does not change the text by %s', (_what, change) => {
      expect(stopOf(anInstance({ ...ready, ...change }), at('10:00:00'))).toBeUndefined();
    });

    it('has no time of a stop where nothing is stopped', () => {
      expect(stopOf(ready, null, textsWith({ AUTO_STOP_ENABLED: 'false' }))).toBeUndefined();
    });

    it('does not spoil the answer where a time that nobody can set stands in a record', () => {
      for (const thresholdMinutes of [1e11, 1e300, -1, Number.NaN]) {
        expect(() => stopOf(anInstance({ ...ready, autoStop: { thresholdMinutes } }))).not.toThrow();
      }
    });
  });
});

describe('entity tags', () => {
  const record = anInstance({ revision: 7 });
  it('change with the revision, the time of last use and the estimate, and lead back to the revision', () => {
    const tags = [
      entityTag({ record, lastUsedAt: null }, ''),
      entityTag({ record, lastUsedAt: at('12:00:00') }, ''),
      entityTag({ record, lastUsedAt: at('12:00:01') }, ''),
      entityTag({ record, lastUsedAt: at('12:00:01') }, '~6o.b2.o'),
      entityTag({ record, lastUsedAt: null }, '~6o.b2.o'),
    ];
    expect(new Set(tags).size).toBe(5);
    for (const tag of tags) expect(matchedRevision(tag, 'an instance')).toBe(7);
    const later = entityTag({ record: { ...record, revision: 8 }, lastUsedAt: null }, '');
    expect(matchedRevision(later, 'an instance')).toBe(8);
  });
});
