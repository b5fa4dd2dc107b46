import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_IDLE_RULES } from '../plan/idle-clock.js';
import { DEFAULT_CONFIRM_PATIENCE_MS, prepareRecord } from '../plan/prepared-record.js';
import type { InstanceRecord } from './instance.js';
import { CorruptRecordError, NewerRecordError, parseRecord, recordJson, refuseNewer } from './parse-record.js';
import { RECORD_SCHEMA } from './record-schema.js';

const RULES = { rules: DEFAULT_IDLE_RULES, confirmPatienceMs: DEFAULT_CONFIRM_PATIENCE_MS };
const NOW = timestampFromMs(Date.UTC(2026, 5, 1));
const FULL: InstanceRecord = anInstance({
  restartRequestedAt: NOW,
  observedAt: NOW,
  confirmedAt: NOW,
  timestamps: { created: NOW, started: NOW, ready: NOW, stopping: NOW, stopped: NOW, terminated: NOW, migrated: NOW },
  deadlines: { startupBy: NOW, nextReconcileAt: NOW, migrateBy: NOW, holdUntil: NOW, purgeAt: NOW },
  autoStop: { enabled: true, lease: { until: NOW, by: 'user:a', reason: 'training' } },
  lastError: { code: 'x', message: 'x', at: NOW, retryable: true, suggestion: 'x' },
  attempts: { creates: 1, commands: 1, lastCommandAt: NOW, faults: 0, openCreate: { startedAt: NOW, productId: 'p' } },
  probes: [{ port: 80, protocol: 'http', ok: true, at: NOW, detail: '200' }],
  foreignChange: { novitaStatus: 'exited', firstSeenAt: NOW },
  spot: { status: 'terminated', reclaimAt: NOW, firstSeenAt: NOW },
  migration: {
    state: 'waiting',
    reclaimSeenAt: NOW,
    since: NOW,
    attempts: 1,
    requestedAt: NOW,
    jobId: 'j',
    endedJobId: null,
    nextAttemptAt: NOW,
    arrivedAt: NOW,
    replaced: null,
  },
  stopHold: {
    by: 'auto-stop',
    occasion: 'p',
    since: NOW,
    until: NOW,
    reason: 'idle',
    waitsFor: [{ endpointId: 'whe_x', releasedAt: NOW }],
    ended: { at: NOW, outcome: 'released', by: 'auto-stop' },
  },
  missingSince: NOW,
  ignored: { by: 'user:a', at: NOW },
});

/** Where every instant of a record is. A new one belongs here and in clean-timestamps.ts. */
const INSTANTS: readonly string[] = instantsIn(FULL);

describe('parseRecord', () => {
  it('gives back what was written, frozen, without a warning', () => {
    const { record, warnings } = parseRecord(JSON.stringify(FULL), 'x');
    expect(record).toEqual(FULL);
    expect(warnings).toEqual([]);
    expect(Object.isFrozen(record.attempts.openCreate)).toBe(true);
  });

  it.each(INSTANTS)('survives rubbish in %s', (path) => {
    for (const rubbish of ['Invalid Date', '', 'NaN', '2026-13-45T99:00:00.000Z', -1, 1e300, true, {}, []]) {
      const { record, warnings } = parseRecord(JSON.stringify(withValueAt(path, rubbish)), 'x');
      expect(warnings).toHaveLength(1);
      for (const instant of instantsIn(record)) {
        const value = valueAt(record, instant);
        expect(new Date(value as string).toISOString()).toBe(value);
      }
      expect(parseRecord(JSON.stringify(record), 'x')).toEqual({ record, warnings: [] });
    }
  });

  it('drops null where a time stamp is absent when it never happened', () => {
    const { record, warnings } = parseRecord(JSON.stringify(withValueAt('deadlines.purgeAt', null)), 'x');
    expect(record.deadlines).not.toHaveProperty('purgeAt');
    expect(warnings).toEqual(['deadlines.purgeAt is not a time stamp: dropped']);
  });

  it('takes another spelling of an instant as that instant', () => {
    for (const spelling of ['2026-06-01T02:00:00+02:00', '2026-06-01T00:00:00Z', Date.parse(NOW)]) {
      const { record, warnings } = parseRecord(JSON.stringify(withValueAt('observedAt', spelling)), 'x');
      expect(record.observedAt).toBe(NOW);
      expect(warnings).toEqual([]);
    }
  });

  it('reads a document that was written before a member existed', () => {
    const { missingSince: _, ignored: __, createdBy: ___, spot: ____, migration: _____, ...before } = FULL;
    const { record, warnings } = parseRecord(JSON.stringify(before), 'x');
    expect(record).toEqual({
      ...FULL,
      missingSince: null,
      ignored: null,
      createdBy: null,
      spot: null,
      migration: null,
    });
    expect(warnings).toEqual([]);
  });

  it('gives back what the store wrote, without the schema of the document', () => {
    expect(parseRecord(recordJson(FULL), 'x').record).toEqual(FULL);
    // The number stands elsewhere once something else has written the document.
    const { record } = parseRecord(JSON.stringify({ ...FULL, schema: RECORD_SCHEMA }), 'x');
    expect(record).toEqual(FULL);
  });

  it('tells a record of a later release from a damaged one', () => {
    const newer = JSON.stringify({ schema: RECORD_SCHEMA + 1, ...FULL });
    expect(() => parseRecord(newer, 'ins_x')).toThrow(NewerRecordError);
    expect(() => refuseNewer(newer, 'ins_x')).toThrow(NewerRecordError);
    for (const readable of [recordJson(FULL), JSON.stringify(FULL), '{"id":', null]) refuseNewer(readable, 'ins_x');
    for (const schema of [0, -1, 1.5, '6', null, {}]) {
      const parse = () => parseRecord(JSON.stringify({ ...FULL, schema }), 'ins_x');
      expect(parse).toThrow(CorruptRecordError);
      expect(parse).not.toThrow(NewerRecordError);
    }
  });

  it('knows when a record was created even when it does not say', () => {
    const { record } = parseRecord(JSON.stringify(withValueAt('timestamps.created', 'soon')), 'x');
    // The time inside the id.
    expect(record.timestamps.created < NOW).toBe(true);
    expect(record.timestamps.started).toBe(NOW);
  });

  it.each(['x', {}, { hashes: 'abc' }, { hashes: [1] }])(
    'takes the damaged token %j of an instance for none',
    (token) => {
      const { record } = parseRecord(JSON.stringify({ ...FULL, reportToken: token }), 'x');
      expect(record.reportToken).toBeNull();
    },
  );

  it('keeps an open create whatever its time says, and drops a lease without an end', () => {
    expect(
      parseRecord(JSON.stringify(withValueAt('attempts.openCreate.startedAt', '')), 'x').record.attempts.openCreate,
    ).toEqual({
      startedAt: NOW,
      productId: 'p',
    });
    const { record } = parseRecord(JSON.stringify(withValueAt('autoStop.lease.until', '')), 'x');
    expect(record.autoStop).toEqual({ enabled: true });
  });

  it('refuses what is no record, and says nothing of its values', () => {
    const members = ['id', 'name', 'status', 'spec', 'desired', 'timestamps', 'attempts', 'probes', 'revision'];
    for (const member of members) {
      for (const value of [undefined, null, 'secret', 7.5]) {
        if (member === 'name' && value === 'secret') continue;
        const parse = () => parseRecord(JSON.stringify({ ...FULL, [member]: value }), 'ins_x');
        expect(parse).toThrow(CorruptRecordError);
        expect(parse).toThrow(/^the stored record of ins_x cannot be read: \w+ is missing/);
      }
    }
  });

  it('either reads or refuses, whatever it gets', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), damagedRecord()), (json) => {
        expect(['read', 'refused']).toContain(outcomeOf(json));
      }),
      { numRuns: 500 },
    );
  });
});

describe('prepareRecord', () => {
  it('stores what readers will get', () => {
    const dirty = withValueAt('deadlines.purgeAt', 'never') as unknown as InstanceRecord;
    const { record, json, warnings } = prepareRecord(dirty, RULES);
    expect(JSON.parse(json)).toEqual({ schema: RECORD_SCHEMA, ...record });
    expect(json).not.toContain('never');
    expect(warnings).toHaveLength(1);
  });
});

function outcomeOf(json: string): string {
  try {
    parseRecord(json, 'x');
    return 'read';
  } catch (error) {
    return error instanceof CorruptRecordError ? 'refused' : String(error);
  }
}

function damagedRecord(): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...Object.keys(FULL), ...INSTANTS), fc.jsonValue())
    .map(([path, value]) => JSON.stringify(withValueAt(path, value)));
}

function instantsIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => instantsIn(member, path === '' ? key : `${path}.${key}`));
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value);
}

function withValueAt(path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(FULL) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  holder[last] = value;
  return copy;
}
