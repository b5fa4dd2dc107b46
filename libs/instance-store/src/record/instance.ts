import type { Timestamp } from '@app/platform';
import type { InstanceId, NovitaInstanceId } from './identity.js';
import { type InstanceStatus, isLive } from './instance-status.js';
import type { Migration, SpotState } from './migration-state.js';
import type { ProductCandidate } from './product-candidate.js';
import type { StopHold } from './stop-hold-state.js';

/** `managed`: created here. `adopted`: ours, found again. `discovered`: made elsewhere, shown and never acted on. */
export type InstanceOrigin = 'managed' | 'adopted' | 'discovered';
export type DesiredState = 'running' | 'stopped' | 'deleted';
export const BILLING_MODES = ['onDemand', 'monthly', 'spot'] as const;
export type BillingMode = (typeof BILLING_MODES)[number];
/** Who set a desired state: `user:<key name>`, or a part of this system, or a person at the provider's console. */
export type Actor =
  | `user:${string}`
  | 'auto-stop'
  | 'spend-limit'
  | 'max-lifetime'
  | 'migration'
  | 'sync'
  | 'lifecycle'
  | 'console';
/** How an observation was made. */
export type ObservationSource = 'list' | 'get' | 'command';
export type PortProtocol = 'http' | 'tcp';

export interface PortSpec {
  readonly port: number;
  readonly protocol: PortProtocol;
}

export interface EnvVar {
  readonly key: string;
  readonly value: string;
}

export interface NetworkStorageMount {
  readonly id: string;
  readonly mountPoint: string;
}

export interface ToolSpec {
  readonly name: string;
  readonly port: number;
  readonly protocol: PortProtocol;
}

/** The request for an instance, resolved as far as the create call needs it. */
export interface InstanceSpec {
  readonly productId: string;
  readonly productName: string;
  readonly gpuNum: number;
  /** GB. */
  readonly rootfsSize: number;
  /** Region as its name at the provider, such as `CN-HK-01`; null when the provider chooses. */
  readonly region: string | null;
  readonly clusterId: string | null;
  readonly image: string;
  readonly imageAuthId: string | null;
  readonly ports: readonly PortSpec[];
  readonly tools: readonly ToolSpec[];
  readonly envs: readonly EnvVar[];
  readonly command: string | null;
  readonly entrypoint: string | null;
  readonly templateId: string | null;
  readonly networkStorages: readonly NetworkStorageMount[];
  readonly billingMode: BillingMode;
  readonly minCudaVersion: string | null;
  /** Where else to try when the provider is out of stock, best first; empty when the caller named one product id. */
  readonly fallbacks: readonly ProductCandidate[];
}

/** What shall become of an instance, since when, and by whose request. */
export interface Desired {
  readonly state: DesiredState;
  readonly at: Timestamp;
  readonly by: Actor;
  /** An admin has had it run although the day's spend limit was reached: the limit does not stop it. Absent otherwise. */
  readonly overSpendLimit?: true;
}

/** Each is absent when it never happened. Those of one run are reset by the next start. */
export interface InstanceTimestamps {
  readonly created: Timestamp;
  readonly started?: Timestamp;
  readonly ready?: Timestamp;
  readonly stopping?: Timestamp;
  readonly stopped?: Timestamp;
  readonly terminated?: Timestamp;
  readonly migrated?: Timestamp;
}

export const RECORD_DEADLINE_KINDS = ['startupBy', 'nextReconcileAt', 'migrateBy', 'holdUntil', 'purgeAt'] as const;
export type RecordDeadlineKind = (typeof RECORD_DEADLINE_KINDS)[number];
/** Two stand in no record: they follow from the desired state and the lifetime, see `confirmByMs` and `lifetimeDueMs`. */
export const INDEXED_DEADLINE_KINDS = [...RECORD_DEADLINE_KINDS, 'confirmBy', 'lifetimeEndsAt'] as const;
export type IndexedDeadlineKind = (typeof INDEXED_DEADLINE_KINDS)[number];
/** `autoStopAt` stands in no record either: the store derives it from the record and its latest use. */
export const DEADLINE_KINDS = [...INDEXED_DEADLINE_KINDS, 'autoStopAt'] as const;
export type DeadlineKind = (typeof DEADLINE_KINDS)[number];
/** The truth about what must happen when; a delayed job is only a hint at it. */
export type InstanceDeadlines = { readonly [Kind in RecordDeadlineKind]?: Timestamp };

export interface AutoStopLease {
  readonly until: Timestamp;
  readonly by: string;
  readonly reason: string;
}

/** Auto-stop as this instance has it. Absent members mean "as the fleet's default says". */
export interface InstanceAutoStop {
  readonly enabled?: boolean;
  /** May be fractional. */
  readonly thresholdMinutes?: number;
  /** How long webhook endpoints may hold a stop that no person asked for; may be fractional, at most 30. */
  readonly holdMinutes?: number;
  readonly lease?: AutoStopLease;
}

export interface PortMapping {
  readonly port: number;
  readonly type: PortProtocol;
  /** URL for http, `host:port` for tcp; null until the provider names it. */
  readonly endpoint: string | null;
}

export interface SshConnection {
  readonly command: string;
  readonly password: string | null;
}

export interface WebTerminalConnection {
  readonly address: string;
  readonly username: string | null;
  readonly password: string | null;
}

export interface InstanceConnection {
  readonly ssh: SshConnection | null;
  readonly jupyter: string | null;
  readonly webTerminal: WebTerminalConnection | null;
  readonly portMappings: readonly PortMapping[];
}

export interface InstanceError {
  /** A problem code. */
  readonly code: string;
  readonly message: string;
  readonly at: Timestamp;
  readonly retryable: boolean;
  readonly suggestion: string;
}

/**
 * A create call that was begun. It is written before the call and removed only when the call's outcome is known, so
 * that a crash in between leaves a trace, which forces a search at the provider before the next create.
 */
export interface CreateAttempt {
  readonly startedAt: Timestamp;
  readonly productId: string;
}

/** What the life cycle counts while it works towards one desired state; reset by each new one. */
export interface InstanceAttempts {
  /** Create calls made for the present desired state. */
  readonly creates: number;
  /** Start, stop, restart or delete calls made for the present desired state. */
  readonly commands: number;
  /** When the last of those was made; null when none was. */
  readonly lastCommandAt: Timestamp | null;
  /** Consecutive reconciles that ended in an error; drives the back-off. */
  readonly faults: number;
  /** The create whose outcome is not known yet. */
  readonly openCreate: CreateAttempt | null;
}

/** The latest probe of each port of the present run. */
export interface PortProbe {
  readonly port: number;
  readonly protocol: PortProtocol;
  readonly ok: boolean;
  readonly at: Timestamp;
  /** HTTP status or the reason of the failure. */
  readonly detail: string;
}

/**
 * A change at the provider that nobody here asked for. It counts only when it is observed twice or is newer than our
 * last command by a minute, so that a late answer is not taken for a person's decision.
 */
export interface ForeignChange {
  readonly novitaStatus: string;
  readonly firstSeenAt: Timestamp;
}

/** The tokens with which an instance may call by itself; record/report-token.ts says what they are. */
export interface ReportToken {
  /** Whether each machine that is bought for it gets a token of its own as an environment variable. */
  readonly givenAtCreate: boolean;
  /** When the latest one was made; null before the first. */
  readonly issuedAt: Timestamp | null;
  /** SHA-256 of those that are accepted, in hexadecimal digits, the latest last. */
  readonly hashes: readonly string[];
}

export interface Ignored {
  readonly by: Actor;
  readonly at: Timestamp;
}

/**
 * What an instance has cost, up to the latest write that changed what it costs: together with the price since then it says
 * the cost at any later time. The store keeps it true at every write.
 */
export interface CostSoFar {
  /** Whole micro-USD, up to `sinceMs`. */
  readonly microUsd: number;
  /** Whole micro-USD per hour since then; 0 while nothing is billed, or at a price that nobody knows. */
  readonly rate: number;
  /** Epoch milliseconds, as the next one. */
  readonly sinceMs: number;
  /** From when on its cost is counted. */
  readonly fromMs: number;
}

/**
 * What we know of one instance: one JSON document, one revision per write. `lastUsed` lives beside it, see
 * `StoredInstance`.
 */
export interface InstanceRecord {
  readonly id: InstanceId;
  readonly novitaInstanceId: NovitaInstanceId | null;
  readonly name: string;
  /** Appended to the name at the provider; by it a lost create is found again. */
  readonly marker: string;
  readonly origin: InstanceOrigin;
  /** Who asked for it; null when it was made elsewhere, and in records of before this was kept. */
  readonly createdBy: Actor | null;
  readonly spec: InstanceSpec;
  readonly desired: Desired;
  /** When a restart was asked for that is not carried out yet. */
  readonly restartRequestedAt: Timestamp | null;
  readonly status: InstanceStatus;
  /** The provider's own word. */
  readonly novitaStatus: string | null;
  readonly observedAt: Timestamp | null;
  readonly source: ObservationSource | null;
  /** When the provider last agreed with `desired`; null while unconfirmed. */
  readonly confirmedAt: Timestamp | null;
  readonly timestamps: InstanceTimestamps;
  readonly deadlines: InstanceDeadlines;
  readonly autoStop: InstanceAutoStop;
  /** From its creation to its end, whatever its use; may be fractional. Null for no end. */
  readonly maxLifetimeMinutes: number | null;
  readonly price: { readonly usdPerHour: number | null };
  /** Null while it has never cost anything, and in records of before this was kept. */
  readonly cost: CostSoFar | null;
  readonly connection: InstanceConnection;
  readonly webhookUrl: string | null;
  readonly lastError: InstanceError | null;
  readonly attempts: InstanceAttempts;
  readonly probes: readonly PortProbe[];
  readonly foreignChange: ForeignChange | null;
  /** What the provider says of a spot instance; null for any other, and while it says nothing. */
  readonly spot: SpotState | null;
  /** The answer to the latest reclaim; null when there was none. */
  readonly migration: Migration | null;
  /** The latest hold of a stop; null when there was none. */
  readonly stopHold: StopHold | null;
  /** When a clean listing began that lacked it although it should be there; null while the latest one had it. */
  readonly missingSince: Timestamp | null;
  /** Set when a person decides that a discovered instance needs no attention; null otherwise. */
  readonly ignored: Ignored | null;
  /** The tokens with which the instance itself may call; null while it has none. */
  readonly reportToken: ReportToken | null;
  /** Counts writes, from 1. */
  readonly revision: number;
}

/**
 * A record as read. `record` is frozen, and is the same object for the same revision while the store remembers it, so
 * that readers can cache by it what they derive from it. `lastUsedAt` moves on its own path without a new revision.
 */
export interface StoredInstance {
  readonly record: InstanceRecord;
  readonly lastUsedAt: Timestamp | null;
}

/** What `ownerOf` says of an instance that was made elsewhere, and of one of which it is not known who made it. */
export const OTHER_OWNERS = ['elsewhere', 'unknown'] as const;
/** Who made an instance, for sums and filters. */
export type InstanceOwner = Actor | (typeof OTHER_OWNERS)[number];

export function ownerOf({ createdBy, origin }: Pick<InstanceRecord, 'createdBy' | 'origin'>): InstanceOwner {
  return createdBy ?? (origin === 'discovered' ? 'elsewhere' : 'unknown');
}

/** Instances that were made elsewhere and that nobody has adopted: to be decided about, or set aside by a person. */
export type InstanceGroup = 'orphan' | 'ignored-orphan';

/** The group that a record is in; null for one that somebody here owns or that is gone. */
export function groupOf({ origin, status, ignored }: InstanceRecord): InstanceGroup | null {
  if (origin !== 'discovered' || !isLive(status)) return null;
  return ignored === null ? 'orphan' : 'ignored-orphan';
}
