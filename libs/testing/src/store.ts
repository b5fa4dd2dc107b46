import { setTimeout as pause } from 'node:timers/promises';
import {
  AuditLog,
  Deadlines,
  FleetEvents,
  IdleTracker,
  INSTANCE_STATUSES,
  type InstanceId,
  InstanceRecords,
  type InstanceStore,
  instanceIdFromUlid,
  ListingDigests,
  type NewInstanceRecord,
  type NovitaInstanceId,
  SpendMeter,
} from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { RedisConnections } from '@app/redis';
import type { INestApplicationContext } from '@nestjs/common';
import { aNewInstance, type InstanceOverrides } from './an-instance.js';

const REGIONS = ['CN-HK-01', 'US-CA-06', 'EU-DE-02', 'AS-SGP-02'];
const FIRST_CREATED_MS = Date.UTC(2026, 0, 1);
const SECONDS_APART = 30;
/** Inserts under way at the same time: enough to fill the connection, few enough to keep memory flat. */
const AT_ONCE = 500;

const ASK_AGAIN_MS = 20;

/**
 * For tests that write as soon as an app stands: on a busy machine its connections to Redis may open after its start, as
 * they may in production, and a command before that fails. The limit of the test ends what never answers.
 *
 * @param app with the `RedisModule`
 */
export async function redisAnswers<App extends INestApplicationContext>(app: App): Promise<App> {
  const connections = app.get<RedisConnections | null>(RedisConnections);
  if (connections === null) return app;
  while ((await connections.commands.ping().catch(() => null)) === null) await pause(ASK_AGAIN_MS);
  return app;
}

/** The ports of the store of an app, for tests that use many of them. */
export function storeOf(app: INestApplicationContext): InstanceStore {
  return {
    records: app.get(InstanceRecords),
    deadlines: app.get(Deadlines),
    idle: app.get(IdleTracker),
    digests: app.get(ListingDigests),
    audit: app.get(AuditLog),
    spend: app.get(SpendMeter),
    events: app.get(FleetEvents),
  };
}

/**
 * Fills a store with a mixed fleet through its own `insert`. The n-th instance is the same in every run; most are
 * ready, and all statuses and four regions occur.
 *
 * @param overrides for every one of them
 * @returns the ids, in order of creation
 * @throws Error when one of them is there already
 */
export async function seedInstances(
  records: InstanceRecords,
  count: number,
  overrides: InstanceOverrides = {},
): Promise<InstanceId[]> {
  const ids: InstanceId[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) =>
      seededInstance(from + i, overrides),
    );
    const results = await Promise.all(batch.map((record) => records.insert(record)));
    const refused = results.find(({ outcome }) => outcome === 'exists');
    if (refused !== undefined) throw new Error('the store holds seeded instances already');
    ids.push(...batch.map(({ id }) => id));
  }
  return ids;
}

function seededInstance(n: number, { spec, timestamps, ...members }: InstanceOverrides): NewInstanceRecord {
  const created = timestampFromMs(FIRST_CREATED_MS + n * SECONDS_APART * 1_000);
  const status = n % 5 === 0 ? (INSTANCE_STATUSES[(n / 5) % INSTANCE_STATUSES.length] ?? 'ready') : 'ready';
  const novitaInstanceId = n.toString(16).padStart(16, '0') as NovitaInstanceId;
  const host = `${novitaInstanceId}-8080.example.net`;
  return aNewInstance({
    id: instanceIdFromUlid(`01KDVD${String(n).padStart(20, '0')}`),
    novitaInstanceId,
    name: `worker-${n % 100}-${n}`,
    status,
    novitaStatus: 'running',
    observedAt: created,
    source: 'list',
    confirmedAt: created,
    desired: { state: 'running', at: created, by: 'user:seed' },
    timestamps: { created, started: created, ready: created, ...timestamps },
    deadlines: { nextReconcileAt: created },
    spec: { region: REGIONS[n % REGIONS.length] ?? null, envs: [{ key: 'MODEL', value: `model-${n}` }], ...spec },
    connection: {
      ssh: { command: `ssh root@${host} -p 30022`, password: 'not-a-secret' },
      jupyter: null,
      webTerminal: null,
      portMappings: [{ port: 8080, type: 'http', endpoint: `https://${host}` }],
    },
    ...members,
  });
}
