import {
  type Actor,
  DegradedMode,
  type EndingCommand,
  IdleTracker,
  type InstanceRecord,
  InstanceRecords,
  refuseLongLifetime,
  refuseWhatOthersMade,
  type StoredInstance,
  targetOf,
  updateInstance,
  withoutSecrets,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, Problem, type Timestamp } from '@app/platform';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { endsBill } from '../state-machine/model.js';
import { applyCommand, checkRevision, notFound, storedOf } from './command-rules.js';
import type { Caller, CommandOutcome, InstanceRef, RunCommand, RunOptions } from './instance-commands.js';
import { orKeyLimit, underCap } from './spend-cap.js';

/** An answer names at most this many of one name. */
const MAX_NAMESAKES = 100;

/** Start, stop, restart and delete of one instance. */
@Injectable()
export class RunCommands {
  private readonly logger = new Logger(RunCommands.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
    private readonly lifecycle: LifecycleOptions,
    @Optional() @Inject(DegradedMode) private readonly degraded: DegradedMode | null = null,
  ) {}

  async run(command: RunCommand, ref: InstanceRef, caller: Caller, options: RunOptions = {}): Promise<CommandOutcome> {
    const { degraded } = this;
    if (degraded === null) return this.runInStore(command, ref, caller, options);
    if (!isEndingCommand(command)) {
      // The store may still say that it runs, and the start would be taken for one that is done already.
      if (degraded.isEnding(ref)) throw beingEnded(ref, command);
      return this.runInStore(command, ref, caller, options);
    }
    return degraded.either(
      () => this.runInStore(command, ref, caller, options),
      () => this.runDegraded(degraded, command, degraded.known(ref), caller, options),
    );
  }

  async runByName(
    command: RunCommand,
    name: string,
    caller: Caller,
    options: RunOptions = {},
  ): Promise<CommandOutcome> {
    const { degraded } = this;
    const inStore = async (): Promise<CommandOutcome> => {
      const namesakes = await this.records.findByName(name, MAX_NAMESAKES);
      const records = namesakes.map(({ record }) => record);
      return this.run(command, resolveName(name, records).id, caller, options);
    };
    if (degraded === null || !isEndingCommand(command)) return inStore();
    return degraded.either(inStore, async () =>
      this.runDegraded(degraded, command, resolveName(name, await degraded.knownByName(name)), caller, options),
    );
  }

  private async runInStore(
    command: RunCommand,
    ref: InstanceRef,
    caller: Caller,
    options: RunOptions,
  ): Promise<CommandOutcome> {
    const { keyName } = caller;
    const under = isEndingCommand(command) ? {} : underCap(caller, options.cap);
    const asked: { record?: InstanceRecord } = {};
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        checkRevision(record.revision, options.ifRevision);
        const next = applyCommand(record, command, `user:${keyName}`, this.clock.now(), this.lifecycle.policy);
        if (next !== record && !isEndingCommand(command)) {
          refuseWhatOthersMade(record, caller, command);
          // A restart prolongs nothing.
          if (command === 'start') refuseLongLifetime(record.maxLifetimeMinutes, caller);
        }
        asked.record = record;
        if (next === record || command !== 'start' || options.overSpendLimit !== true) return next;
        return { ...next, desired: { ...next.desired, overSpendLimit: true } };
      },
      () => ({ reason: `${command} was asked for`, ...under }),
    ).catch((error: unknown) => {
      throw asked.record === undefined ? error : orKeyLimit(error, asked.record, caller, options.cap);
    });
    const stored = storedOf(result, ref);
    if (result.outcome !== 'written') return { outcome: 'already', stored };
    const { id, desired } = stored.record;
    this.logger.log('command accepted', { instanceId: id, command, by: keyName });
    await this.requests.now([id], { urgent: desired.state !== 'running' });
    return { outcome: 'accepted', stored: await this.withNewIdleClock(stored, desired.state === 'running') };
  }

  /** Applies the same rules to the record as this process knows it. */
  private async runDegraded(
    degraded: DegradedMode,
    command: EndingCommand['kind'],
    record: InstanceRecord,
    { keyName }: Caller,
    options: RunOptions,
  ): Promise<CommandOutcome> {
    checkRevision(record.revision, options.ifRevision);
    const by: Actor = `user:${keyName}`;
    const asked = command === 'stop' ? asIfItRan(record) : record;
    const next = applyCommand(asked, command, by, this.clock.now(), this.lifecycle.policy);
    if (next === record) {
      // It may have been started elsewhere since it was asked for first; this command is newer than that start.
      if (endsBill(record)) await degraded.keep([repeated(endingCommand(command, record), this.clock.timestamp(), by)]);
      return { outcome: 'already', stored: await degraded.answer(record) };
    }
    const [shown = next] = await degraded.take([{ command: endingCommand(command, next), shown: next }]);
    this.logger.log('command accepted while Redis is away', { instanceId: record.id, command, by: keyName });
    return { outcome: 'accepted', stored: await degraded.answer(shown) };
  }

  /** A start is a use: the idle time begins with it. */
  private async withNewIdleClock(stored: StoredInstance, started: boolean): Promise<StoredInstance> {
    if (!started) return stored;
    const { id, desired } = stored.record;
    const touched = await this.idle.touch(id, desired.at, desired.by);
    return touched.outcome === 'missing' ? stored : { ...stored, lastUsedAt: touched.lastUsedAt };
  }
}

/** @param next the record under the new desired state */
export function endingCommand(kind: EndingCommand['kind'], next: InstanceRecord): EndingCommand {
  const { at, by } = next.desired;
  return { kind, at, by, target: targetOf(next), record: withoutSecrets(next) };
}

/** The same command, asked for once more while it is being carried out. */
export function repeated(command: EndingCommand, at: Timestamp, by: Actor): EndingCommand {
  return { ...command, at, by, isRepeat: true };
}

/**
 * The record of a stopped instance may be old: while the store is away, somebody may have started the instance at another
 * process or at the provider's console. So a stop of it is accepted as well, and observes it.
 */
function asIfItRan(record: InstanceRecord): InstanceRecord {
  if (record.desired.state !== 'stopped' || record.status === 'stopping') return record;
  return { ...record, desired: { ...record.desired, state: 'running' } };
}

function isEndingCommand(command: RunCommand): command is EndingCommand['kind'] {
  return command === 'stop' || command === 'delete';
}

function beingEnded(ref: InstanceRef, command: RunCommand): Problem {
  return new Problem(lifecycleProblems['instance-busy'], {
    detail: `cannot ${command} instance ${ref}: a stop or delete that was taken while Redis was away is not in Redis yet`,
    retryAfterSeconds: 1,
  });
}

/** @throws Problem `instance-not-found`, `name-not-unique` */
function resolveName(name: string, namesakes: readonly InstanceRecord[]): InstanceRecord {
  const live = namesakes.filter(({ status }) => status !== 'terminated');
  // A tombstone is meant only when there is nothing else.
  const meant = live.length > 0 ? live : namesakes;
  const [only] = meant;
  if (only === undefined) throw notFound(name);
  if (meant.length > 1) throw notUnique(name, meant);
  return only;
}

function notUnique(name: string, namesakes: readonly InstanceRecord[]): Problem {
  return new Problem(lifecycleProblems['name-not-unique'], {
    detail: `${namesakes.length} instances are called "${name}"`,
    extensions: {
      candidates: namesakes.map(({ id, status, spec, timestamps }) => ({
        id,
        status,
        region: spec.region,
        createdAt: timestamps.created,
      })),
    },
  });
}
