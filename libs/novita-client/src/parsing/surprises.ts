import { NOVITA_STATUSES } from '../novita-types.js';
import { type Fields, kindOf, textOf } from './read-value.js';

/*
 * What in Novita's answers is not as it was when this was written. Nothing depends on it: an answer is read as far as it can be.
 * It is counted, so that a change of the service is seen before it does harm. Only names are kept, never values, which may be
 * secret.
 */

/**
 * `status`: a status of an instance or of its spot machine. `field`: a member that nobody knows. `type`: a known member of another
 * JSON type, or a billing mode that nobody knows. `reason`: a reason of a refusal.
 */
export const SURPRISE_KINDS = ['status', 'field', 'type', 'reason'] as const;
export type SurpriseKind = (typeof SURPRISE_KINDS)[number];

export interface Surprise {
  readonly kind: SurpriseKind;
  /** Such as `instance.status thawing`. */
  readonly name: string;
}

/** Is told what was found. */
export type NoteSurprises = (found: readonly Surprise[]) => void;

const TEXT: ReadonlySet<string> = new Set(['string']);
const NUMBER: ReadonlySet<string> = new Set(['number', 'string']);
const OBJECT: ReadonlySet<string> = new Set(['object']);
const LIST: ReadonlySet<string> = new Set(['list']);

/** The members of an instance, in lists or in a get, and how they come. Novita writes null for any of them. */
const INSTANCE_MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...of(
    TEXT,
    'id name clusterId clusterName status imageUrl imageAuthId command entrypoint productId productName kind billingMode spotStatus sshCommand sshPassword templateId memberId',
  ),
  ...of(
    NUMBER,
    'cpuNum memory gpuNum rootfsSize instancePrice endTime spotReclaimTime createdAt lastStartedAt lastStoppedAt freeStorageSize keepDataDay',
  ),
  ...of(
    OBJECT,
    'statusError network node connectComponentSSH connectComponentWebTerminal connectComponentJupyter connectComponentLog autoMigrate',
  ),
  ...of(LIST, 'portMappings volumeMounts envs gpuIds jobs'),
]);
const STATUSES: ReadonlySet<string> = new Set(NOVITA_STATUSES);
const SPOT_STATUSES: ReadonlySet<string> = new Set(['running', 'notified', 'reclaiming', 'terminated']);
const BILLING_MODES: ReadonlySet<string> = new Set(['onDemand', 'monthly', 'spot']);

/** The documented reasons of refusals, those of the surfaces that are called. */
const REASONS: ReadonlySet<string> = new Set(
  [
    'UNKNOWN WALLET_NOT_FOUND FORBIDDEN UNAUTHORIZED RATE_LIMIT_EXCEEDED SEND_CODE_TOO_FAST',
    'VALIDATOR_PARAM REQUEST RESOURCE_NOT_FOUND CONFLICT OPERATION_LIMIT INSUFFICIENT_RESOURCE DEPENDENT_RESOURCE_STATE',
    'CLUSTER_STATUS NODE_STATUS CREATE_INSTANCE_LIMIT PREPAID_INSTANCE_NOT_SUPPORT_RELEASE',
    'CREATING_INSTANCE_NOT_SUPPORT_RENEWAL INSTANCE_LOCAL_STORAGE_NOT_FOUND INVALID_COMMAND_PARAM GPU_SPEC_USED',
    'MIGRATE_INSUFFICIENT_RESOURCE BALANCE_NOT_ENOUGH EXPIRED_OR_BALANCE_NOT_ENOUGH UNSUPPORTED_BILLING_MODE',
    'ORDER_NOT_FOUND SAVING_PLAN_ALREADY_EXISTS WALLET_UNSUPPORT_RECHARGE_METHOD NETWORK_STORAGE_TOO_LARGE',
    'CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT NETWORK_STORAGE_IN_USE NETWORK_STORAGE_UNAVAILABLE NETWORK_STORAGE_NOT_FOUND',
    'IMAGE_NOT_FOUND IMAGE_AUTH_IN_USE NETWORK_NOT_FOUND NETWORK_IN_USE NETWORK_MAX_LIMIT JOB_NOT_FOUND TEMPLATE_NOT_FOUND',
    'TEMPLATE_IS_PRIVATE SERVERLESS_ENDPOINT_NOT_FOUND INVALID_API_KEY FAILED_TO_AUTH MISSING_API_KEY',
  ].flatMap((line) => line.split(' ')),
);

/** What is not as expected of one instance, as it was sent; empty for nearly all. */
export function surprisesOfInstance(item: Fields): readonly Surprise[] {
  const found: Surprise[] = [];
  for (const member in item) {
    const value = item[member];
    const expected = INSTANCE_MEMBERS.get(member);
    if (expected === undefined) found.push({ kind: 'field', name: `instance.${nameOf(member)}` });
    else if (value !== null && !expected.has(kindOf(value))) {
      found.push({ kind: 'type', name: `instance.${member} is ${kindOf(value)}` });
    }
  }
  noteUnknown('status', 'status', item, STATUSES, found);
  noteUnknown('status', 'spotStatus', item, SPOT_STATUSES, found);
  noteUnknown('type', 'billingMode', item, BILLING_MODES, found);
  return found;
}

/** The reason of a refusal, when nobody knows it. */
export function surpriseOfReason(reason: string | undefined): Surprise | null {
  if (reason === undefined || REASONS.has(reason)) return null;
  return { kind: 'reason', name: nameOf(reason) };
}

function noteUnknown(
  kind: SurpriseKind,
  member: string,
  item: Fields,
  known: ReadonlySet<string>,
  found: Surprise[],
): void {
  const text = textOf(item[member]);
  if (text !== null && !known.has(text)) found.push({ kind, name: `instance.${member} ${nameOf(text)}` });
}

/** A word of the service, as far as it is one: anything longer or with other characters may be a value. */
function nameOf(word: string): string {
  return /^[A-Za-z][A-Za-z_-]{0,39}$/.test(word) ? word : '(no plain word)';
}

function of(kinds: ReadonlySet<string>, members: string): [string, ReadonlySet<string>][] {
  return members.split(' ').map((member) => [member, kinds]);
}
