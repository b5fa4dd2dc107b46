import {
  INSTANCE_STATUSES,
  type InstanceRecord,
  isMigrationOpen,
  MIGRATION_STATES,
  type Migration,
  type MigrationFallback,
} from '@app/instance-store';
import { NOVITA_STATUSES, type NovitaInstanceId } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { aNovitaInstance, anInstance } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, NOVITA_ID, NOW } from '../../test/fakes/observations.js';
import { POLICY } from '../../test/fakes/world.js';
import type { Offers } from '../catalogue/replacement-product.js';
import { decide } from './decide.js';
import { type ClearObservation, NOT_OBSERVED, type Observation } from './model.js';

/** Of an attempt that begins now. */
const MIGRATE_BY = timestampFromMs(NOW + POLICY.migration.timeoutMs);

const past = fc.integer({ min: -2_000, max: -1 }).map(at);
const anyTime = fc.integer({ min: -2_000, max: 2_000 }).map(at);
const words = fc.constantFrom(...NOVITA_STATUSES, 'aWordOfTomorrow');
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });

const product = { productId: 'p', productName: 'RTX 4090 24GB', clusterId: null, region: null, usdPerHour: 0.2 };
const fallbacks = fc.constantFrom<MigrationFallback>(
  { state: 'due', refused: [] },
  { state: 'open', product, refused: [] },
  { state: 'bought', product },
);
const known = fc.record({
  state: fc.constantFrom(...MIGRATION_STATES),
  reclaimSeenAt: past,
  since: past,
  attempts: fc.nat({ max: 5 }),
  requestedAt: optional(past),
  jobId: optional(fc.constant('job')),
  endedJobId: optional(fc.constant('job')),
  nextAttemptAt: optional(anyTime),
  arrivedAt: optional(past),
  replaced: optional(fc.constant('n0000000000000009' as NovitaInstanceId)),
});
const migrations: fc.Arbitrary<Migration> = fc
  .tuple(known, optional(fallbacks))
  .map(([migration, fallback]) => (fallback === null ? migration : { ...migration, fallback }));
/** One product, which is as good as that of every record here. */
const offers: Offers = {
  clusters: [],
  products: [
    {
      id: anInstance().spec.productId,
      name: 'RTX 4090 24GB',
      cpuPerGpu: 16,
      memoryPerGpu: 64,
      diskPerGpu: 500,
      availableDeploy: true,
      minRootfs: null,
      maxRootfs: null,
      regions: [],
      onDemandUsdPerHour: 0.3,
      spotUsdPerHour: 0.2,
      monthly: [],
      billingModes: ['onDemand', 'spot'],
      inventoryState: null,
    },
  ],
};
const traces = fc.record({
  jobs: optional(
    fc.record({
      beganAt: fc.integer({ min: -60, max: 0 }).map(at),
      clean: fc.boolean(),
      items: fc.array(
        fc.record({
          id: fc.constantFrom('job', 'another'),
          type: fc.constantFrom('instanceMigrate', 'autoInstanceMigrate'),
          state: fc.constantFrom('running', 'success', 'fail', 'break', 'aStateOfTomorrow'),
          errorMessage: optional(fc.constant('x')),
          instanceId: optional(fc.constant(NOVITA_ID)),
          createdAt: optional(past),
        }),
        { maxLength: 2 },
      ),
    }),
  ),
  replacedIsGone: optional(fc.boolean()),
  replacedMayBill: fc.boolean(),
  offers: optional(fc.constant(offers)),
});

/** Records of every kind, those that never come about included. */
const records: fc.Arbitrary<InstanceRecord> = fc
  .record({
    novitaInstanceId: optional(fc.constant(NOVITA_ID)),
    origin: fc.constantFrom('managed', 'adopted'),
    desired: fc.record({
      state: fc.constantFrom('running', 'stopped', 'deleted'),
      at: past,
      by: fc.constantFrom('user:x', 'console', 'lifecycle'),
    }),
    restartRequestedAt: optional(past),
    status: fc.constantFrom(...INSTANCE_STATUSES.filter((status) => status !== 'terminated')),
    novitaStatus: optional(words),
    observedAt: optional(past),
    source: fc.constantFrom('list', 'get', 'command', null),
    confirmedAt: optional(past),
    deadlines: fc.record({ startupBy: anyTime, nextReconcileAt: anyTime, migrateBy: anyTime }, { requiredKeys: [] }),
    attempts: fc.record({
      creates: fc.nat({ max: 3 }),
      commands: fc.nat({ max: 50 }),
      lastCommandAt: optional(past),
      faults: fc.nat({ max: 50 }),
      openCreate: optional(fc.record({ startedAt: past, productId: fc.constant('p') })),
    }),
    foreignChange: optional(fc.record({ novitaStatus: words, firstSeenAt: past })),
    migration: fc.option(migrations, { nil: null, freq: 2 }),
  })
  .map((overrides) => anInstance(overrides));

const instances = fc.record({
  status: words,
  statusError: optional(fc.constant({ state: 'x', message: 'y' })),
  billingMode: fc.constantFrom('spot', 'onDemand', null),
  spotStatus: fc.constantFrom('running', 'notified', 'reclaiming', 'terminated', null),
  spotReclaimAt: optional(anyTime),
});
const searches = optional(
  fc.record({
    beganAt: fc.integer({ min: -60, max: 0 }).map(at),
    clean: fc.boolean(),
    matches: fc.array(
      words.map((status) => aNovitaInstance({ id: 'n0000000000000002' as NovitaInstanceId, status })),
      { maxLength: 1 },
    ),
  }),
);
const clearObservations: fc.Arbitrary<ClearObservation> = fc.oneof(
  fc.record({
    kind: fc.constant('found' as const),
    instance: instances.map((members) => aNovitaInstance({ id: NOVITA_ID, ...members })),
    source: fc.constantFrom('get', 'list'),
    at: fc.constant(at(0)),
    search: searches,
    trace: traces,
  }),
  fc.record({
    kind: fc.constant('absent' as const),
    source: fc.constantFrom('get', 'list'),
    at: fc.constant(at(0)),
    search: searches,
    trace: traces,
  }),
);
const observations: fc.Arbitrary<Observation> = fc.oneof(
  fc.constant(NOT_OBSERVED),
  clearObservations,
  fc.record({
    kind: fc.constant('unclear' as const),
    error: fc.record({
      kind: fc.constantFrom('network', 'unauthorized', 'rate-limited', 'unclean-listing'),
      message: fc.constant('x'),
      effectUnknown: fc.boolean(),
      retryAfterMs: optional(fc.nat({ max: 100_000 })),
    }),
  }),
);

function check(property: (record: InstanceRecord, observation: Observation) => void): void {
  fc.assert(fc.property(records, observations, property), { numRuns: 3_000 });
}

/** What an observation says of an instance: by a read of it, or, of one that was bought in its place, by the search. */
function statusShown(observation: Observation, id: NovitaInstanceId | null): string | undefined {
  if (observation.kind !== 'found' && observation.kind !== 'absent') return undefined;
  if (observation.kind === 'found' && observation.instance.id === id) return observation.instance.status;
  return observation.search?.matches.find((match) => match.id === id)?.status;
}

describe('decide, for every record and every observation', () => {
  it('answers, and changes nothing that it was given', () => {
    check((record, observation) => {
      const before = structuredClone(record);
      decide(record, observation, NOW, POLICY);
      expect(record).toEqual(before);
    });
  });

  it('says stopped or terminated only after an observation that shows it', () => {
    check((record, observation) => {
      const next = decide(record, observation, NOW, POLICY).record;
      if (next.status === record.status) return;
      if (next.status === 'stopped') {
        const exited = statusShown(observation, next.novitaInstanceId) === 'exited';
        const nothing = observation.kind === 'absent' && record.novitaInstanceId === null;
        expect(exited || nothing).toBe(true);
      }
      if (next.status === 'terminated') {
        const removed = statusShown(observation, next.novitaInstanceId) === 'removed';
        expect(removed || observation.kind === 'absent').toBe(true);
        expect(next.attempts.openCreate).toBeNull();
      }
    });
  });

  it('creates only after a search that found nothing, with nothing open', () => {
    check((record, observation) => {
      if (decide(record, observation, NOW, POLICY).step.kind !== 'create') return;
      expect(record.novitaInstanceId).toBeNull();
      expect(observation.kind).toBe('absent');
      const { openCreate } = record.attempts;
      if (openCreate === null || observation.kind !== 'absent') return;
      expect(observation.search?.clean).toBe(true);
      const beganAt = msFromTimestamp(observation.search?.beganAt ?? at(-9_999));
      expect(beganAt).toBeGreaterThanOrEqual(msFromTimestamp(openCreate.startedAt) + POLICY.createRetryGraceMs);
    });
  });

  it('migrates only what is down, is desired to run and has no migration under way, by a list of jobs that is clean', () => {
    let seen = 0;
    // Half of them are due now; of the others hardly any.
    const dueNow = { state: 'waiting', arrivedAt: null, nextAttemptAt: null } as const;
    const drawn = fc.tuple(records, clearObservations, migrations, fc.constantFrom({}, dueNow));
    const down = drawn.map(([record, observation, migration, due]) => {
      const desired = { ...record.desired, state: 'running' as const };
      const nearly = { ...record, desired, novitaInstanceId: NOVITA_ID, migration: { ...migration, ...due } };
      if (observation.kind === 'absent') return [nearly, observation] as const;
      return [nearly, { ...observation, instance: { ...observation.instance, status: 'exited' } }] as const;
    });
    const property = fc.property(down, ([record, observation]) => {
      const { step, record: next } = decide(record, observation, NOW, POLICY);
      if (step.kind !== 'migrate') return;
      seen += 1;
      expect(record.desired.state).toBe('running');
      expect(['waiting', 'failed']).toContain(record.migration?.state);
      expect(observation.kind === 'found' && observation.instance.status).toBe('exited');
      expect(observation.kind === 'found' && observation.trace?.jobs?.clean).toBe(true);
      expect(next.attempts.openCreate).toBeNull();
      expect(next).toMatchObject({ status: 'migrating', migration: { state: 'requested', requestedAt: at(0) } });
      expect(next.deadlines.migrateBy).toBe(MIGRATE_BY);
    });
    fc.assert(property, { numRuns: 3_000 });
    expect(seen).toBeGreaterThan(0);
  });

  it('buys only in place of what is down and desired to run, beside nothing else with its marker, once for a reclaim', () => {
    let seen = 0;
    const policy = { ...POLICY, migration: { ...POLICY.migration, fallback: 'same-or-better' as const } };
    const due = { state: 'waiting', arrivedAt: null, nextAttemptAt: null, replaced: null } as const;
    const drawn = fc.tuple(records, clearObservations, migrations, fc.constantFrom({}, due), fallbacks);
    const down = drawn.map(([record, observation, migration, members, fallback]) => {
      const next = { ...migration, ...members, fallback };
      const nearly = { ...record, novitaInstanceId: NOVITA_ID, price: { usdPerHour: 0.4 }, migration: next };
      if (observation.kind === 'absent') return [nearly, observation] as const;
      return [nearly, { ...observation, instance: { ...observation.instance, status: 'exited' } }] as const;
    });
    const property = fc.property(down, ([record, observation]) => {
      const { step, record: next } = decide(record, observation, NOW, policy);
      if (step.kind !== 'buy-replacement') return;
      seen += 1;
      expect(record.desired.state).toBe('running');
      expect(record.migration).toMatchObject({ fallback: { state: 'due' }, replaced: null });
      expect(observation).toMatchObject({ kind: 'found', instance: { status: 'exited' }, search: { clean: true } });
      expect(observation.trace).toMatchObject({ jobs: { clean: true }, offers });
      const others = observation.search?.matches.filter(
        ({ status }) => !['toRemove', 'removing', 'removed'].includes(status),
      );
      expect(others).toEqual([]);
      expect(next.attempts.openCreate).toBeNull();
      expect(next).toMatchObject({
        status: 'migrating',
        novitaInstanceId: NOVITA_ID,
        migration: { state: 'requested', requestedAt: at(0), fallback: { state: 'open' }, agreedUsdPerHour: 0.4 },
      });
      expect(next.deadlines.migrateBy).toBe(MIGRATE_BY);
    });
    fc.assert(property, { numRuns: 6_000 });
    expect(seen).toBeGreaterThan(0);
  });

  it('keeps the deadline of a migration for as long as it is open, and no longer', () => {
    check((record, observation) => {
      const { migration, deadlines } = decide(record, observation, NOW, POLICY).record;
      const [was, is] = [isMigrationOpen(record.migration), isMigrationOpen(migration)];
      if (was === is) return;
      expect(deadlines.migrateBy).toBe(is ? MIGRATE_BY : undefined);
    });
  });

  it('ends with a time to go on, unless the desired state is reached', () => {
    check((record, observation) => {
      const { step, record: next } = decide(record, observation, NOW, POLICY);
      if (step.kind === 'look' || next.deadlines.nextReconcileAt !== undefined) return;
      expect(step.kind).toBe('done');
      expect(next.confirmedAt).not.toBeNull();
    });
  });

  it('keeps an intent to call out within the time of its back-off', () => {
    check((record, observation) => {
      const { step, record: next } = decide(record, observation, NOW, POLICY);
      if (step.kind !== 'start' && step.kind !== 'stop' && step.kind !== 'delete' && step.kind !== 'restart') return;
      // On a new machine a run begins, and with it the count.
      const hasArrived = next.migration?.state === 'starting' && record.migration?.state !== 'starting';
      expect(next.attempts.commands).toBe(hasArrived ? 1 : record.attempts.commands + 1);
      expect(next.attempts.lastCommandAt).toBe(at(0));
    });
  });

  it('learns nothing more from the same observation again', () => {
    fc.assert(
      fc.property(records, clearObservations, (record, observation) => {
        const first = decide(record, observation, NOW, POLICY);
        if (first.step.kind !== 'poll' && first.step.kind !== 'done' && first.step.kind !== 'wait') return;
        // Two steps on purpose: `running` is written before the probes begin, and a change by hand becomes the desired state.
        if (first.record.status === 'running' || first.record.foreignChange !== null) return;
        // So is a reclaim, which is written before its migration is requested.
        if (first.record.migration !== record.migration) return;
        if (first.record.desired !== record.desired) return;
        const second = decide(first.record, observation, NOW, POLICY);
        expect(second.record.status).toBe(first.record.status);
        expect(second.record.desired).toEqual(first.record.desired);
      }),
      { numRuns: 3_000 },
    );
  });
});
