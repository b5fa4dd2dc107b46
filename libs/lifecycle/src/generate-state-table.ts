import { readFile, writeFile } from 'node:fs/promises';
import { type DesiredState, type InstanceRecord, type InstanceStatus, NO_ATTEMPTS } from '@app/instance-store';
import { NOVITA_STATUSES, type NovitaInstance, type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { DAY_MS, HOUR_MS, MINUTE_MS, runMain, timestampFromMs } from '@app/platform';
import { newRecord } from './commands/create-instance.js';
import { decide } from './state-machine/decide.js';
import type { ClearObservation, Decision, LifecyclePolicy } from './state-machine/model.js';

/*
 * Writes the state table of the README from `decide`; with `--check` proves that it is fresh. Each cell decides for one
 * record in a typical state: nothing is overdue, no create is open, and the last command was sent an hour ago.
 */

const PATH = 'libs/lifecycle/README.md';
const BEGIN = '<!-- state table: generated from `decide`; do not edit -->';
const END = '<!-- end of the state table -->';

const NOW = Date.UTC(2026, 0, 1, 12);
const ID = '0000000000000001' as NovitaInstanceId;
const POLICY: LifecyclePolicy = {
  pollIntervalMs: MINUTE_MS / 2,
  startupTimeoutMs: 10 * MINUTE_MS,
  createRetryGraceMs: MINUTE_MS,
  backOff: { firstMs: 5_000, maxMs: 5 * MINUTE_MS },
  settledRefreshMs: null,
  tombstoneMs: 7 * DAY_MS,
  foreignChangeAgeMs: MINUTE_MS,
  migration: {
    enabled: true,
    fallback: 'same-product',
    maxPriceIncreasePercent: 20,
    timeoutMs: 30 * MINUTE_MS,
    minIntervalMs: 4 * HOUR_MS,
    giveUpAfterMs: DAY_MS,
    maxAtOnce: 5,
    stockRetry: { firstMs: MINUTE_MS, maxMs: 30 * MINUTE_MS },
    failureRetry: { firstMs: 15 * MINUTE_MS, maxMs: 4 * HOUR_MS },
  },
};
const HOUR_AGO = timestampFromMs(NOW - HOUR_MS);
const OBSERVED = { novitaInstanceId: ID, observedAt: timestampFromMs(NOW - MINUTE_MS), source: 'get' as const };
const AFTER_CREATE = { ...OBSERVED, attempts: { ...NO_ATTEMPTS, creates: 1 } };
const AFTER_COMMAND = { ...OBSERVED, attempts: { ...NO_ATTEMPTS, commands: 1, lastCommandAt: HOUR_AGO } };
const CONFIRMED = { confirmedAt: HOUR_AGO, timestamps: { created: HOUR_AGO, started: HOUR_AGO } };
const RUNNING = { ...AFTER_CREATE, ...CONFIRMED, novitaStatus: 'running' };

/** The columns: each desired state with the statuses that the life cycle knows under it. */
const STATES: Readonly<Record<DesiredState, readonly State[]>> = {
  running: [
    { status: 'creating', note: 'no id yet', members: {} },
    { status: 'created', members: { ...AFTER_CREATE, novitaStatus: 'toCreate' } },
    { status: 'starting', note: 'after a create', members: { ...AFTER_CREATE, novitaStatus: 'pulling' } },
    { status: 'starting', note: 'after a start', members: { ...AFTER_COMMAND, novitaStatus: 'exited' } },
    { status: 'running', members: RUNNING },
    { status: 'health_checking', members: RUNNING },
    { status: 'ready', members: RUNNING },
    {
      status: 'restarting',
      members: { ...AFTER_COMMAND, ...CONFIRMED, restartRequestedAt: HOUR_AGO, novitaStatus: 'running' },
    },
    { status: 'migrating', members: { ...AFTER_CREATE, ...CONFIRMED, novitaStatus: 'migrating' } },
  ],
  stopped: [
    { status: 'stopping', note: 'no id yet', members: {} },
    { status: 'stopping', members: { ...AFTER_COMMAND, novitaStatus: 'running' } },
    { status: 'stopped', members: { ...AFTER_COMMAND, ...CONFIRMED, novitaStatus: 'exited' } },
    { status: 'failed', members: { ...AFTER_CREATE, novitaStatus: 'running' } },
  ],
  deleted: [
    { status: 'deleting', note: 'no id yet', members: {} },
    { status: 'deleting', members: { ...AFTER_COMMAND, novitaStatus: 'running' } },
  ],
};

interface State {
  readonly status: InstanceStatus;
  readonly note?: string;
  readonly members: Partial<InstanceRecord>;
}

const OBSERVATIONS = observations();

await runMain(async () => {
  const before = await readFile(PATH, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${PATH} has no place for the state table`);
  const after = `${before.slice(0, begin)}${BEGIN}\n\n${renderStateTable()}\n${before.slice(end)}`;
  if (!process.argv.includes('--check')) {
    await writeFile(PATH, after);
    process.stdout.write(`wrote ${PATH}\n`);
  } else if (after !== before) {
    process.stderr.write(`${PATH} is not what the code says; generate it anew\n`);
    process.exitCode = 1;
  }
});

/** One table for each desired state: a row for each phase, a column for each of our statuses. */
function renderStateTable(): string {
  return (['running', 'stopped', 'deleted'] as const)
    .map((desired) => {
      const states = STATES[desired];
      const head = states.map(({ status, note }) => (note === undefined ? `\`${status}\`` : `\`${status}\`, ${note}`));
      const rows = [...OBSERVATIONS].map(([phase, observation]) => {
        const answers = states.map(({ status, members }) => {
          const record = recordOf(desired, status, members);
          return answerOf(record, decide(record, observation, NOW, POLICY));
        });
        return `| ${[phase, ...answers].join(' | ')} |`;
      });
      const lines = [`| ${['phase', ...head].join(' | ')} |`, `| --- |${' --- |'.repeat(states.length)}`, ...rows];
      return `### Desired: ${desired}\n\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

function answerOf(before: InstanceRecord, { step, record }: Decision): string {
  const change = record.status === before.status ? '' : ` → \`${record.status}\``;
  return `**${step.kind}**${change}${record.desired.state === before.desired.state ? '' : ' \\*'}`;
}

function recordOf(state: DesiredState, status: InstanceStatus, members: Partial<InstanceRecord>): InstanceRecord {
  const spec = {
    productId: 'product',
    productName: 'product',
    gpuNum: 1,
    rootfsSize: 60,
    region: null,
    clusterId: null,
    image: 'image',
    imageAuthId: null,
    ports: [{ port: 8080, protocol: 'http' as const }],
    tools: [],
    envs: [],
    command: null,
    entrypoint: null,
    templateId: null,
    networkStorages: [],
    billingMode: 'onDemand' as const,
    minCudaVersion: null,
    fallbacks: [],
  };
  const identity = { ulid: '0'.repeat(26), fleetId: 'abcd', by: 'user:you' as const };
  const created = newRecord(
    { name: 'name' },
    { spec, usdPerHour: 1 },
    identity,
    NOW - HOUR_MS,
    POLICY.startupTimeoutMs,
  );
  return {
    ...created,
    revision: 1,
    status,
    desired: { state, at: HOUR_AGO, by: 'user:you' },
    deadlines: { startupBy: timestampFromMs(NOW + MINUTE_MS), nextReconcileAt: timestampFromMs(NOW) },
    ...members,
  };
}

function found(status: string): ClearObservation {
  const instance: NovitaInstance = {
    id: ID,
    name: 'name',
    status,
    statusError: null,
    clusterId: null,
    clusterName: null,
    productId: null,
    productName: null,
    gpuNum: 1,
    cpuNum: null,
    memoryGb: null,
    rootfsSize: null,
    imageUrl: null,
    imageAuthId: null,
    command: null,
    entrypoint: null,
    templateId: null,
    envs: [],
    kind: 'gpu',
    billingMode: 'onDemand',
    portMappings: [],
    volumeMounts: [],
    usdPerHour: null,
    createdAt: HOUR_AGO,
    lastStartedAt: null,
    lastStoppedAt: null,
    endsAt: null,
    spotStatus: null,
    spotReclaimAt: null,
    ssh: null,
    jupyterUrl: null,
    webTerminal: null,
  };
  return { kind: 'found', instance, source: 'get', at: timestampFromMs(NOW), search: emptySearch() };
}

/** A clean search that found nothing beside the instance. */
function emptySearch(): NonNullable<ClearObservation['search']> {
  return { beganAt: timestampFromMs(NOW), clean: true, matches: [] };
}

/** One observation for each phase, and one of an instance that Novita does not have. */
function observations(): ReadonlyMap<string, ClearObservation> {
  const observed = new Map<string, ClearObservation>();
  for (const status of NOVITA_STATUSES) {
    const phase = phaseOf(status);
    if (!observed.has(phase)) observed.set(phase, found(status));
  }
  observed.set('not there', { kind: 'absent', source: 'get', at: timestampFromMs(NOW), search: emptySearch() });
  return observed;
}
