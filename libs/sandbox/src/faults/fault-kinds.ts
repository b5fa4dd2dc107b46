import { SANDBOX_STATUSES } from '../world/status.js';
import type { FaultKind } from './fault.js';

/** What a field of a fault must be. */
export type FieldRule =
  | { readonly type: 'number'; readonly min: number; readonly max?: number; readonly required?: boolean }
  | { readonly type: 'string'; readonly required?: boolean }
  | { readonly type: 'boolean' }
  | { readonly type: 'strings' }
  | { readonly type: 'choice'; readonly choices: readonly string[]; readonly required?: boolean };

export interface KindRule {
  /** What it disturbs: a call, a list, or the world behind the calls. */
  readonly family: 'call' | 'list' | 'world';
  /** Whether it strikes call by call, so that `times` means something. */
  readonly counted: boolean;
  readonly fields: Readonly<Record<string, FieldRule>>;
}

const MS: FieldRule = { type: 'number', min: 0, required: true };
const HTTP_STATUS: FieldRule = { type: 'number', min: 400, max: 599 };
const RETRY_AFTER: FieldRule = { type: 'number', min: 0 };
const TEXT: FieldRule = { type: 'string' };
const REQUIRED_TEXT: FieldRule = { type: 'string', required: true };

/** Every kind of fault, and what it may say. */
export const FAULT_KINDS: Readonly<Record<FaultKind, KindRule>> = {
  latency: { family: 'call', counted: true, fields: { ms: MS } },
  error: {
    family: 'call',
    counted: true,
    fields: {
      status: { ...HTTP_STATUS, required: true },
      reason: REQUIRED_TEXT,
      message: REQUIRED_TEXT,
      retryAfterSeconds: RETRY_AFTER,
    },
  },
  'succeed-then-500': {
    family: 'call',
    counted: true,
    fields: { status: HTTP_STATUS, reason: TEXT, message: TEXT },
  },
  'succeed-then-hang': { family: 'call', counted: true, fields: {} },
  hang: { family: 'call', counted: true, fields: {} },
  reset: { family: 'call', counted: true, fields: { afterEffect: { type: 'boolean' } } },
  malformed: {
    family: 'call',
    counted: true,
    fields: { body: { type: 'choice', choices: ['html', 'truncated', 'item'] } },
  },
  'rate-limit': {
    family: 'call',
    counted: true,
    fields: { perSecond: { type: 'number', min: 0, required: true }, retryAfterSeconds: RETRY_AFTER },
  },
  'unknown-member': { family: 'call', counted: true, fields: { member: REQUIRED_TEXT } },
  'bill-late': { family: 'world', counted: false, fields: { hours: { type: 'number', min: 0, required: true } } },
  'bill-missing-day': { family: 'world', counted: false, fields: { day: REQUIRED_TEXT } },
  'bill-unit': { family: 'world', counted: false, fields: { factor: { type: 'number', min: 0, required: true } } },
  'bill-charges': { family: 'world', counted: false, fields: { percent: { type: 'number', min: 0, required: true } } },
  'list-lag': { family: 'list', counted: true, fields: { ms: MS } },
  'page-drift': {
    family: 'list',
    counted: true,
    fields: { direction: { type: 'choice', choices: ['removed', 'inserted'] } },
  },
  duplicates: { family: 'list', counted: true, fields: {} },
  'empty-list': { family: 'list', counted: true, fields: { total: { type: 'number', min: 0 } } },
  vanish: {
    family: 'world',
    counted: false,
    fields: {
      percent: { type: 'number', min: 0, max: 100 },
      ids: { type: 'strings' },
      from: { type: 'choice', choices: ['everywhere', 'lists'] },
    },
  },
  late: {
    family: 'world',
    counted: false,
    fields: { listsMs: { type: 'number', min: 0 }, readsMs: { type: 'number', min: 0 } },
  },
  stuck: {
    family: 'world',
    counted: false,
    fields: { status: { type: 'choice', choices: SANDBOX_STATUSES, required: true } },
  },
  'fail-start': { family: 'world', counted: true, fields: { message: REQUIRED_TEXT } },
  'spot-reclaim': { family: 'world', counted: false, fields: {} },
  'out-of-stock': { family: 'world', counted: true, fields: { productId: TEXT } },
  'migrate-elsewhere': { family: 'world', counted: true, fields: {} },
  'out-of-balance': { family: 'world', counted: true, fields: {} },
  'port-silent': {
    family: 'world',
    counted: false,
    fields: {
      port: { type: 'number', min: 1, max: 65_535 },
      answer: { type: 'choice', choices: ['503', 'nothing'] },
    },
  },
};

export function isFaultKind(value: unknown): value is FaultKind {
  return typeof value === 'string' && Object.hasOwn(FAULT_KINDS, value);
}
