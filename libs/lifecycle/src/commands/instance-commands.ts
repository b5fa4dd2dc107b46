import type {
  BillingMode,
  EnvVar,
  InstanceAutoStop,
  InstanceId,
  InstanceStatus,
  KeyCaller,
  NetworkStorageMount,
  NovitaInstanceId,
  PortSpec,
  StoredInstance,
} from '@app/instance-store';
import { ROOTFS_GB } from '../catalogue/offers.js';
import type { SpendCap } from './spend-cap.js';

/** Who asks. Commands of callers are interactive at the provider. */
export type Caller = KeyCaller;

/** What the provider takes in a create, and what its limit of 255 for names leaves beside our marker. Texts in characters. */
export const CREATE_LIMITS = {
  nameLength: 200,
  gpus: 8,
  rootfsGb: ROOTFS_GB,
  ports: 15,
  envs: 100,
  envKeyLength: 511,
  envValueLength: 4095,
  commandLength: 2047,
  imageLength: 500,
  storages: 30,
  mountPointLength: 4095,
} as const;

/** The provider's own ports inside an instance; it rejects a create that names one. */
export const RESERVED_PORTS: ReadonlySet<number> = new Set([2222, 2223, 2224]);

/** A create as it was asked for, before it is resolved. Absent members take the template's value, then the default. */
export interface CreateInstanceRequest {
  readonly name: string;
  readonly productName?: string;
  readonly productId?: string;
  readonly templateId?: string;
  readonly image?: string;
  readonly gpuNum?: number;
  readonly rootfsSize?: number;
  readonly region?: string;
  readonly billingMode?: BillingMode;
  readonly ports?: readonly PortSpec[];
  readonly envs?: readonly EnvVar[];
  readonly command?: string;
  readonly entrypoint?: string;
  readonly imageAuthId?: string;
  readonly networkStorages?: readonly NetworkStorageMount[];
  readonly minCudaVersion?: string;
  readonly webhookUrl?: string;
  readonly autoStop?: InstanceAutoStop;
  readonly maxLifetimeMinutes?: number;
  /** USD per hour of all its GPUs; dearer places are left out. */
  readonly maxPricePerHour?: number;
  /**
   * The instance gets a token with which it reports its own use, and its own address in the API: this one, a slash and its
   * id. Absent: it gets neither.
   */
  readonly reportTo?: string;
  /** An admin has it run although the day's spend limit is reached. */
  readonly overSpendLimit?: true;
  /** Of a key with limits. */
  readonly cap?: SpendCap;
}

/** A member left out stays as it is; null goes back to what the template or the fleet says. */
export interface AutoStopChange {
  readonly enabled?: boolean | null;
  readonly thresholdMinutes?: number | null;
  readonly holdMinutes?: number | null;
}

export interface InstanceSettings {
  readonly autoStop?: AutoStopChange;
  /** From the creation on; null removes it. */
  readonly maxLifetimeMinutes?: number | null;
  /** null removes it. */
  readonly webhookUrl?: string | null;
  /** Of a key with limits that changes the lifetime. */
  readonly cap?: SpendCap;
  /** Why that could not be read: thrown where the change needs it. */
  readonly capFailure?: unknown;
}

/** `accepted`: the desired state is written and will be carried out. `already`: it was so before; nothing was written. */
export interface CommandOutcome {
  readonly outcome: 'accepted' | 'already';
  readonly stored: StoredInstance;
}

export interface StopAllItem {
  readonly id: InstanceId;
  readonly name: string;
  readonly status: InstanceStatus;
  readonly usdPerHour: number | null;
}

export interface StopAllOutcome {
  readonly dryRun: boolean;
  readonly stopping: readonly StopAllItem[];
  /** Left alone, each with the reason. */
  readonly skipped: readonly (StopAllItem & { readonly reason: string })[];
  readonly failed: readonly (StopAllItem & { readonly reason: string })[];
  /** The cost that ends when all of `stopping` stand still. */
  readonly ending: CostSum & Pick<StillCosting, 'unpriced'>;
  readonly stillCosting: StillCosting;
}

interface CostSum {
  readonly usdPerHour: number;
  readonly instances: number;
}

/** The cost that goes on when every instance that is to be stopped stands still. */
export interface StillCosting extends CostSum {
  /** Of `instances`, those whose price is not known; they are in no sum. */
  readonly unpriced: number;
  /**
   * `madeElsewhere`: nobody has adopted it. `monthly`: paid by the month, running or not. `notStopped`: its stop failed,
   * or is not allowed at present.
   */
  readonly byReason: Readonly<Record<'madeElsewhere' | 'monthly' | 'notStopped', CostSum>>;
}

/** How a command is meant. */
export interface RunOptions {
  /** Refuse (412) unless the record still has this revision. */
  readonly ifRevision?: number;
  /** Of a start: an admin has it run although the day's spend limit is reached. */
  readonly overSpendLimit?: true;
  /** Of a start or restart by a key with limits. */
  readonly cap?: SpendCap;
}

export type InstanceRef = InstanceId | NovitaInstanceId;
export type RunCommand = 'start' | 'stop' | 'restart' | 'delete';

/**
 * The entry of every command of a caller: writes the desired state into the record and enqueues a reconcile. Every
 * rejection is a `Problem`. Each command is a class of its own in this folder; lifecycle.module.ts puts them together.
 */
export abstract class InstanceCommands {
  /**
   * Resolves product, region, template and registry login, writes the record, enqueues the reconcile.
   *
   * @param repeatKey the same text for the same request sent again. Within a day it finds the record that an earlier try
   *   wrote, also one whose outcome nobody learned; absent: every call makes a record
   */
  abstract create(request: CreateInstanceRequest, caller: Caller, repeatKey?: string): Promise<StoredInstance>;

  /**
   * The record that an earlier `create` with this repeat key wrote within a day; null when there is none. For a caller
   * that refuses new ones and still answers repeats.
   */
  abstract findCreated(repeatKey: string): Promise<StoredInstance | null>;

  abstract run(command: RunCommand, id: InstanceRef, caller: Caller, options?: RunOptions): Promise<CommandOutcome>;

  /** Refuses with 409 and the candidates when the name is not unique, 404 when there is none. */
  abstract runByName(command: RunCommand, name: string, caller: Caller, options?: RunOptions): Promise<CommandOutcome>;

  /**
   * @param ifRevision refuse (412) unless the record still has this revision; null: whatever it has
   * @param caller for the audit log
   */
  abstract changeSettings(
    id: InstanceRef,
    settings: InstanceSettings,
    ifRevision: number | null,
    caller?: Caller,
  ): Promise<StoredInstance>;

  /** Stops every instance of ours that is not stopped or stopping. */
  abstract stopAll(caller: Caller, options: { readonly dryRun: boolean }): Promise<StopAllOutcome>;

  /** Observes the instance at the provider now and writes the observation; for `Prefer: min-fresh`. */
  abstract refresh(id: InstanceRef, signal: AbortSignal): Promise<StoredInstance>;
}
