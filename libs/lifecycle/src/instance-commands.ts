import type {
  AutoStopSettings,
  BillingMode,
  EnvVar,
  InstanceId,
  InstanceStatus,
  NetworkStorageMount,
  NovitaInstanceId,
  PortSpec,
  StoredInstance,
} from '@app/instance-store';

/** Who asks. Commands of callers are interactive at the provider. */
export interface Caller {
  /** Name of the API key. */
  readonly keyName: string;
}

/** A create as it is wished, before it is resolved. Absent members take the template's value, then the default. */
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
  readonly autoStop?: AutoStopSettings;
}

export interface InstanceSettings {
  readonly autoStop?: Pick<AutoStopSettings, 'enabled' | 'thresholdMinutes'>;
  /** null removes it. */
  readonly webhookUrl?: string | null;
}

/** `accepted`: the wish is written and will be carried out. `already`: it was so before; nothing was written. */
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
}

export type InstanceRef = InstanceId | NovitaInstanceId;
export type RunCommand = 'start' | 'stop' | 'restart' | 'delete';

/**
 * Turns the wishes of callers into records with a desired state and a reconcile. Every refusal is a `Problem`.
 */
export abstract class InstanceCommands {
  /**
   * Resolves product, region, template and registry login, writes the record, enqueues the reconcile.
   *
   * @param repeatKey the same text for the same request sent again. Within a day it finds the record that an earlier try
   *   wrote, also one whose outcome nobody learned; absent: every call makes a record
   */
  abstract create(request: CreateInstanceRequest, caller: Caller, repeatKey?: string): Promise<StoredInstance>;

  /** @param ifRevision refuse (412) unless the record still has this revision */
  abstract run(
    command: RunCommand,
    id: InstanceRef,
    caller: Caller,
    options?: { readonly ifRevision?: number },
  ): Promise<CommandOutcome>;

  /** Refuses with 409 and the candidates when the name is not unique, 404 when there is none. */
  abstract runByName(command: RunCommand, name: string, caller: Caller): Promise<CommandOutcome>;

  abstract changeSettings(id: InstanceRef, settings: InstanceSettings, ifRevision: number): Promise<StoredInstance>;

  /** Stops all that is ours and not stopped or stopping. */
  abstract stopAll(caller: Caller, options: { readonly dryRun: boolean }): Promise<StopAllOutcome>;

  /** Reads the instance at the provider now and writes what is new; for `Prefer: min-fresh`. */
  abstract refresh(id: InstanceRef, signal: AbortSignal): Promise<StoredInstance>;
}
