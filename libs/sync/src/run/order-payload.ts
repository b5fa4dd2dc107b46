import { createHash } from 'node:crypto';
import type { SyncPayload } from '@app/jobs';
import { SYNC_KINDS, type SyncKind } from '../sync-kinds.js';
import type { SyncOrder } from './sync-options.js';

/** The schedule of the automatic runs, within the queue. */
export const SCHEDULE_KEY = 'sync';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ULID_LENGTH = 26;

/** A job's payload; what is left out is as in an automatic run of everything. */
export function payloadOf(
  order: Partial<SyncOrder> & Pick<SyncOrder, 'trigger'> & { unlessRunSince?: number },
): SyncPayload {
  const { resources = SYNC_KINDS } = order;
  return {
    runId: order.runId ?? '',
    trigger: order.trigger,
    requestedBy: order.requestedBy ?? 'sync',
    forceSync: order.forceSync ?? false,
    handleObsoleteInstances: order.handleObsoleteInstances ?? true,
    dryRun: order.dryRun ?? false,
    resources: isAll(resources) ? '' : resources.join(','),
    unlessRunSince: order.unlessRunSince ?? 0,
    retry: order.retry ?? 0,
  };
}

/**
 * What a job asks for. A run without a name gets one that follows from the id of its job, so that whoever takes the job
 * over from a dead worker recognises that worker's run as its own.
 */
export function orderOf(payload: SyncPayload, jobId: string): SyncOrder {
  const { runId, trigger, requestedBy, forceSync, handleObsoleteInstances, dryRun, retry } = payload;
  return {
    runId: runId === '' ? runIdOfJob(jobId) : runId,
    trigger,
    requestedBy,
    forceSync,
    handleObsoleteInstances,
    dryRun,
    retry,
    resources: kindsOf(payload.resources),
  };
}

/**
 * A name of the form of a ULID, always the same for the same job. The part of a ULID that tells its time tells nothing
 * here; it begins with 0, so that it is a time at all.
 */
export function runIdOfJob(jobId: string): string {
  const digest = createHash('sha256').update(jobId).digest();
  const characters = [...digest.subarray(0, ULID_LENGTH - 1)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return `0${characters.join('')}`;
}

/** Kinds that this process does not know, from a newer one, are left to that. */
function kindsOf(text: string): readonly SyncKind[] {
  if (text === '') return SYNC_KINDS;
  const wanted = new Set(text.split(','));
  return SYNC_KINDS.filter((kind) => wanted.has(kind));
}

function isAll(resources: readonly SyncKind[]): boolean {
  return SYNC_KINDS.every((kind) => resources.includes(kind));
}
