import type { Expected, KnownWords } from './expected-answers.js';
import { type Fields, kindOf, textOf } from './read-value.js';

/*
 * What in Novita's answers is not as it was when this was written. Nothing depends on it: an answer is read as far as it can be.
 * It is counted, so that a change of the service is seen before it does harm. Only names are kept, never values, which may be
 * secret.
 */

/**
 * `status`: a status that nobody knows. `field`: a member that nobody knows. `missing`: a member that is documented to be there, and is not.
 * `type`: a known member of another JSON type, or another word or unit in it than those that are known. `reason`: a reason of a
 * refusal.
 */
export const SURPRISE_KINDS = ['status', 'field', 'missing', 'type', 'reason'] as const;
export type SurpriseKind = (typeof SURPRISE_KINDS)[number];

export interface Surprise {
  readonly kind: SurpriseKind;
  /** Such as `instance.status thawing`. */
  readonly name: string;
}

/** Is told what was found. */
export type NoteSurprises = (found: readonly Surprise[]) => void;

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
    'LIST_BILL_TOO_FAST LIST_BILL_ERROR INVALID_PRODUCT_CATEGORY INVALID_BILL_CYCLE',
  ].flatMap((line) => line.split(' ')),
);

/** What is not as expected of something, as it was sent; empty for nearly all. */
export function surprisesOf({ name, members, always, words }: Expected, item: Fields): readonly Surprise[] {
  const found: Surprise[] = [];
  for (const member in item) {
    const value = item[member];
    const kinds = members.get(member);
    if (kinds === undefined) found.push({ kind: 'field', name: `${name}.${nameOf(member)}` });
    else if (value !== null && !kinds.has(kindOf(value))) {
      found.push({ kind: 'type', name: `${name}.${member} is ${kindOf(value)}` });
    }
  }
  for (const member of always) {
    if (item[member] === undefined) found.push({ kind: 'missing', name: `${name}.${member}` });
  }
  for (const known of words) noteUnknown(name, known, item, found);
  return found;
}

/** The reason of a refusal, when nobody knows it. */
export function surpriseOfReason(reason: string | undefined): Surprise | null {
  if (reason === undefined || REASONS.has(reason)) return null;
  return { kind: 'reason', name: nameOf(reason) };
}

function noteUnknown(name: string, words: KnownWords, item: Fields, found: Surprise[]): void {
  const { member, kind, known, read } = words;
  const value = read === undefined ? item[member] : read(item);
  for (const word of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const text = textOf(word);
    if (text !== null && !known.has(text)) found.push({ kind, name: `${name}.${member} ${nameOf(text)}` });
  }
}

/** A word of the service, as far as it is one: anything longer or with other characters may be a value. */
function nameOf(word: string): string {
  return /^[A-Za-z][A-Za-z_-]{0,39}$/.test(word) ? word : '(no plain word)';
}
