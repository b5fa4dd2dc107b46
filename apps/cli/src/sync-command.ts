import { setTimeout as delay } from 'node:timers/promises';
import {
  getSyncStatus,
  type KubernetesKind,
  type ResourceStatusView,
  type SyncInstancesInput,
  type SyncKubernetesInput,
  type SyncSource,
  type SyncStatus,
  syncInstances,
  syncKubernetes,
} from '@novita-fleet/client';
import { type Command, Option } from 'commander';
import { CommandFailure, EXIT } from './failure.js';
import { cutTo, duration } from './output.js';
import { ask, type InSession, type Session } from './session.js';

const POLL_MS = 500;
/** A worker that follows the cluster looks for requests every second or so. */
const BEGINS_WITHIN_MS = 60_000;
const BAR = 20;
const TITLES = { novita: 'The sync with Novita', kubernetes: 'The mirror of the cluster' } as const;

interface SyncOptions {
  readonly source: SyncSource;
  readonly watch?: boolean;
  readonly run?: boolean;
  readonly only?: string;
  readonly namespaces?: string;
  readonly force?: boolean;
}

type Kinds = NonNullable<SyncInstancesInput['resources']>;

/** `sync`: how far each source is, and a run by hand. */
export function addSync(program: Command, inSession: InSession): void {
  program
    .command('sync')
    .description('how far the sync with Novita, or with a cluster, is; --run begins one')
    .addOption(new Option('--source <source>', 'whose').choices(['novita', 'kubernetes']).default('novita'))
    .option('--watch', 'until the run under way has ended, with a line of progress')
    .option('--run', 'begin a run by hand; of Novita it is waited for, of a cluster with --watch')
    .option('--only <kinds>', 'with --run: only these, such as instances,products, or of a cluster Pod,Node')
    .option('--namespaces <names>', 'with --run of a cluster: only in these')
    .option('--force', 'with --run: lets a list through that the mass-removal guard holds')
    .action(
      inSession(async (session, options: SyncOptions) => {
        const { source, run = false, watch = false } = options;
        rejectStrayOptions(options);
        const before = run && source === 'kubernetes' && watch ? await statusOf(session, source) : null;
        if (run) {
          const done = await (source === 'novita' ? runNovita(session, options) : runKubernetes(session, options));
          if (before === null || before.paused !== undefined) {
            session.out.show(done, () => session.out.line(done.message));
            return;
          }
        }
        const status = watch ? await watchRun(session, source, before) : await statusOf(session, source);
        session.out.show(status, () => showSync(session, source, status));
        if (status.status === 'failed') process.exitCode = EXIT.failed;
      }),
    );
}

/** @throws CommandFailure for an option that would do nothing */
function rejectStrayOptions({ source, run, only, namespaces, force }: SyncOptions): void {
  if (run !== true && (only ?? namespaces ?? force) !== undefined) {
    throw new CommandFailure('--only, --namespaces and --force say what --run reads: add --run', EXIT.usage);
  }
  if (source === 'novita' && namespaces !== undefined) {
    throw new CommandFailure('there are namespaces in a cluster only: add --source kubernetes', EXIT.usage);
  }
}

const listOf = (text: string): string[] => text.split(',').map((word) => word.trim());

/** Comes back when the run has ended. The API says which kinds there are. */
function runNovita(session: Session, { only, force }: SyncOptions): Promise<{ readonly message: string }> {
  const body: SyncInstancesInput = {
    ...(only !== undefined && { resources: listOf(only) as Kinds }),
    ...(force === true && { forceSync: true }),
  };
  return ask<{ readonly message: string }>(
    session,
    syncInstances({ client: session.client, body, query: { wait: true } }),
  );
}

/** Comes back when it is asked for. */
function runKubernetes(session: Session, options: SyncOptions): Promise<{ readonly message: string }> {
  const { only, namespaces, force } = options;
  const body: SyncKubernetesInput = {
    ...(only !== undefined && { kinds: listOf(only) as KubernetesKind[] }),
    ...(namespaces !== undefined && { namespaces: listOf(namespaces) }),
    ...(force === true && { force: true }),
  };
  return ask<{ readonly message: string }>(session, syncKubernetes({ client: session.client, body }));
}

const statusOf = (session: Session, source: SyncSource): Promise<SyncStatus> =>
  ask(session, getSyncStatus({ client: session.client, query: { source } }));

/**
 * Shows the progress until no run is under way.
 *
 * @param before the status when a run was asked for, which begins a moment later or joins the one under way
 * @throws CommandFailure when none begins
 */
async function watchRun(session: Session, source: SyncSource, before: SyncStatus | null): Promise<SyncStatus> {
  const { out, signal } = session;
  const isDrawn = out.isTerminal && !out.json;
  const givesUpAt = Date.now() + BEGINS_WITHIN_MS;
  let shown = '';
  try {
    for (;;) {
      const status = await statusOf(session, source);
      const isAwaited = before !== null && before.status !== 'in_progress' && status.runId === before.runId;
      if (!isAwaited && status.status !== 'in_progress') return status;
      if (isAwaited && Date.now() > givesUpAt) {
        throw new CommandFailure(
          'no worker has begun in a minute: either none follows the cluster, or it follows nothing of what was asked for',
        );
      }
      const line = isAwaited ? 'waiting for the worker that follows the cluster' : progressOf(status);
      if (isDrawn) out.raw(`\r\u001B[K${cutTo(line, (out.width ?? 80) - 1)}`);
      // A line for each change: twice a second the same one says nothing.
      else if (line !== shown) out.each(status, () => line);
      shown = line;
      await delay(POLL_MS, undefined, { signal });
    }
  } finally {
    if (isDrawn) out.raw('\r\u001B[K');
  }
}

/** One line of a run under way. */
export function progressOf(status: SyncStatus): string {
  const { syncedResources, totalResources, currentResource, step, resourceStatus, estimatedRemainingSeconds } = status;
  const full = totalResources === 0 ? 0 : Math.min(BAR, Math.round((BAR * syncedResources) / totalResources));
  const current = resourceStatus.find(({ name }) => name === currentResource);
  const left = estimatedRemainingSeconds === undefined ? '' : `, about ${duration(estimatedRemainingSeconds * 1_000)}`;
  const what = current === undefined ? (currentResource ?? step ?? '') : `${current.name} ${countOf(current)}`;
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${syncedResources}/${totalResources} ${what}${left}`.trimEnd();
}

function countOf({ count, total, remaining }: ResourceStatusView): string {
  const all = total ?? (remaining === undefined ? undefined : count + remaining);
  return all === undefined ? `${count}` : `${count} of ${all}`;
}

/** What a person reads of a run that is over, or of none. */
export function showSync({ out }: Session, source: SyncSource, status: SyncStatus): void {
  const { endTime, duration: took, error, held, paused, nextRetry, nextRun, instancesAsOf, sources = [] } = status;
  out.line(
    `${TITLES[source]}: ${status.status.replace('_', ' ')}${endTime === undefined ? '' : ` at ${endTime}`}${took === undefined ? '' : ` in ${took} ms`}`,
  );
  if (error !== undefined) out.line(out.style('red', error));
  if (held !== undefined) out.line(`Held since ${held.since}: ${held.reason}`);
  if (paused !== undefined)
    out.line(`Paused since ${paused.since}${paused.by === undefined ? '' : ` by ${paused.by}`}`);
  if (instancesAsOf !== undefined) out.line(`Instances as of ${instancesAsOf}`);
  if (nextRetry !== undefined) out.line(`Tried again at ${nextRetry}`);
  if (nextRun !== undefined) out.line(`Next run at ${nextRun}`);
  for (const other of sources.filter(({ source: name }) => name !== source)) {
    out.line(`${TITLES[other.source]}: ${other.status.replace('_', ' ')}; sync --source ${other.source} shows more`);
  }
  if (status.resourceStatus.length === 0) return;
  out.table(status.resourceStatus, [
    { title: 'RESOURCE', of: ({ name }) => name },
    {
      title: 'STATUS',
      of: ({ status: state }) => state.replace('_', ' '),
      style: ({ status: state }) => (state === 'failed' ? 'red' : null),
    },
    { title: 'COUNT', of: countOf, align: 'right' },
    { title: 'NOTE', of: ({ error: why, note }) => why ?? note ?? '' },
  ]);
}
