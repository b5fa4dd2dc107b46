import { InstanceStore, type StoredInstance, updateInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, Problem } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { Caller, CommandOutcome, InstanceRef, RunCommand } from '../instance-commands.js';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { applyCommand } from './command-rules.js';
import { checkRevision, notFound, storedOf } from './find-instance.js';

/** More of one name are not told apart in an answer. */
const MAX_NAMESAKES = 100;

/** Start, stop, restart and delete of one instance. */
@Injectable()
export class RunCommands {
  private readonly logger = new Logger(RunCommands.name);

  constructor(
    private readonly store: InstanceStore,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
    private readonly lifecycle: LifecycleOptions,
  ) {}

  async run(
    command: RunCommand,
    ref: InstanceRef,
    { keyName }: Caller,
    options: { readonly ifRevision?: number } = {},
  ): Promise<CommandOutcome> {
    const result = await updateInstance(
      this.store,
      ref,
      { kind: 'command' },
      (record) => {
        checkRevision(record.revision, options.ifRevision);
        return applyCommand(record, command, `user:${keyName}`, this.clock.now(), this.lifecycle.policy);
      },
      () => ({ reason: `${command} was asked for` }),
    );
    const stored = storedOf(result, ref);
    if (result.outcome !== 'written') return { outcome: 'already', stored };
    const { id, desired } = stored.record;
    this.logger.log('command accepted', { instanceId: id, command, by: keyName });
    await this.requests.now([id], { urgent: desired.state !== 'running' });
    return { outcome: 'accepted', stored: await this.withNewIdleClock(stored, desired.state === 'running') };
  }

  async runByName(command: RunCommand, name: string, caller: Caller): Promise<CommandOutcome> {
    const namesakes = await this.store.findByName(name, MAX_NAMESAKES);
    const live = namesakes.filter(({ record }) => record.status !== 'terminated');
    // A tombstone is meant only when there is nothing else.
    const meant = live.length > 0 ? live : namesakes;
    const [only] = meant;
    if (only === undefined) throw notFound(name);
    if (meant.length > 1) throw notUnique(name, meant);
    return this.run(command, only.record.id, caller);
  }

  /** A start is a use: the idle time begins with it. */
  private async withNewIdleClock(stored: StoredInstance, started: boolean): Promise<StoredInstance> {
    if (!started) return stored;
    const { id, desired } = stored.record;
    const touched = await this.store.touch(id, desired.at);
    return touched.outcome === 'missing' ? stored : { ...stored, lastUsedAt: touched.lastUsedAt };
  }
}

function notUnique(name: string, namesakes: readonly StoredInstance[]): Problem {
  return new Problem(lifecycleProblems['name-not-unique'], {
    detail: `${namesakes.length} instances are called "${name}"`,
    extensions: {
      candidates: namesakes.map(({ record }) => ({
        id: record.id,
        status: record.status,
        region: record.spec.region,
        createdAt: record.timestamps.created,
      })),
    },
  });
}
