import type { StoredInstance } from '@app/instance-store';
import {
  type Caller,
  Catalogue,
  type CommandOutcome,
  type CreateInstanceRequest,
  type Dated,
  InstanceCommands,
  type InstanceRef,
  type InstanceSettings,
  MemoryStartupTimes,
  type RunCommand,
  type RunOptions,
  StartupEstimates,
  type StillCosting,
  type StopAllOutcome,
} from '@app/lifecycle';
import type { NovitaCluster, NovitaGpuProduct, NovitaTemplate } from '@app/novita-client';
import { SystemClock, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';

type Rejection = Error | null;

export interface CommandCall {
  readonly command: string;
  readonly target: unknown;
  readonly caller: string | null;
  readonly options?: unknown;
}

export const NOTHING_ENDS: StopAllOutcome['ending'] = { usdPerHour: 0, instances: 0, unpriced: 0 };
export const NOTHING_COSTS: StillCosting = {
  usdPerHour: 0,
  instances: 0,
  unpriced: 0,
  byReason: {
    madeElsewhere: { usdPerHour: 0, instances: 0 },
    monthly: { usdPerHour: 0, instances: 0 },
    notStopped: { usdPerHour: 0, instances: 0 },
  },
};

/** Answers as a test wants and remembers its commands. */
export class FakeInstanceCommands extends InstanceCommands {
  readonly calls: CommandCall[] = [];
  failure: Rejection = null;
  outcome: 'accepted' | 'already' = 'accepted';
  /** What every command answers with. */
  stored: StoredInstance = { record: Object.freeze(anInstance()), lastUsedAt: null };
  stopAllOutcome: StopAllOutcome = {
    dryRun: false,
    stopping: [],
    skipped: [],
    failed: [],
    ending: NOTHING_ENDS,
    stillCosting: NOTHING_COSTS,
  };
  /** Held back until it resolves, to test a request under way. */
  gate: Promise<void> = Promise.resolve();
  refreshed: (signal: AbortSignal) => Promise<StoredInstance> = async () => this.stored;

  /** The repeat keys of the creates, in order. */
  readonly repeatKeys: (string | undefined)[] = [];

  /** Remembers nothing, and takes what comes. */
  clear(): void {
    this.calls.length = 0;
    this.repeatKeys.length = 0;
    this.failure = null;
    this.outcome = 'accepted';
    this.gate = Promise.resolve();
  }

  override async create(request: CreateInstanceRequest, caller: Caller, repeatKey?: string): Promise<StoredInstance> {
    this.repeatKeys.push(repeatKey);
    await this.take({ command: 'create', target: request, caller: caller.keyName });
    return this.stored;
  }

  /** What an earlier create with a repeat key made. */
  createdBefore: StoredInstance | null = null;

  override async findCreated(repeatKey: string): Promise<StoredInstance | null> {
    this.repeatKeys.push(repeatKey);
    return this.createdBefore;
  }

  override async run(
    command: RunCommand,
    id: InstanceRef,
    caller: Caller,
    options?: RunOptions,
  ): Promise<CommandOutcome> {
    await this.take({ command, target: id, caller: caller.keyName, options });
    return { outcome: this.outcome, stored: this.stored };
  }

  override async runByName(command: RunCommand, name: string, caller: Caller): Promise<CommandOutcome> {
    await this.take({ command: `${command}-by-name`, target: name, caller: caller.keyName });
    return { outcome: this.outcome, stored: this.stored };
  }

  override async changeSettings(
    id: InstanceRef,
    settings: InstanceSettings,
    ifRevision: number | null,
    caller?: Caller,
  ): Promise<StoredInstance> {
    await this.take({
      command: 'settings',
      target: id,
      caller: caller?.keyName ?? null,
      options: { settings, ifRevision },
    });
    return this.stored;
  }

  override async stopAll(caller: Caller, options: { readonly dryRun: boolean }): Promise<StopAllOutcome> {
    await this.take({ command: 'stop-all', target: null, caller: caller.keyName, options });
    return { ...this.stopAllOutcome, dryRun: options.dryRun };
  }

  override async refresh(id: InstanceRef, signal: AbortSignal): Promise<StoredInstance> {
    this.calls.push({ command: 'refresh', target: id, caller: null });
    return this.refreshed(signal);
  }

  private async take(call: CommandCall): Promise<void> {
    this.calls.push(call);
    await this.gate;
    if (this.failure !== null) throw this.failure;
  }
}

const AS_OF = timestampFromMs(Date.UTC(2026, 0, 1, 9));

export class FakeCatalogue extends Catalogue {
  failure: Rejection = null;
  gpuProducts: readonly NovitaGpuProduct[] = [];
  allClusters: readonly NovitaCluster[] = [];
  allTemplates: readonly NovitaTemplate[] = [];

  override async products(): Promise<Dated<readonly NovitaGpuProduct[]>> {
    return this.dated(this.gpuProducts);
  }

  override async clusters(): Promise<Dated<readonly NovitaCluster[]>> {
    return this.dated(this.allClusters);
  }

  override async templates(): Promise<Dated<readonly NovitaTemplate[]>> {
    return this.dated(this.allTemplates);
  }

  private dated<Value>(value: Value): Dated<Value> {
    if (this.failure !== null) throw this.failure;
    return { value, asOf: AS_OF };
  }
}

/** No start-up was measured. */
export const NO_ESTIMATES = new StartupEstimates(new MemoryStartupTimes(), new SystemClock());
