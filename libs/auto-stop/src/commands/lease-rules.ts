import { type AutoStopLease, type InstanceRecord, instanceProblems, type LedgerEntry } from '@app/instance-store';
import { formatDuration, msFromTimestamp, Problem, type Timestamp, timestampFromMs } from '@app/platform';
import type { LeaseRequest } from '../check/auto-stop-commands.port.js';
import { autoStopProblems } from '../problems/auto-stop.problems.js';

/** @throws Problem `not-adopted`, `instance-terminated` */
export function refuseForeignOrGone(record: InstanceRecord, what: string): void {
  if (record.origin !== 'discovered' && record.status !== 'terminated') return;
  const type = instanceProblems[record.origin === 'discovered' ? 'not-adopted' : 'instance-terminated'];
  throw new Problem(type, {
    detail: `cannot ${what} instance ${record.id}: it is ${record.origin === 'discovered' ? 'made elsewhere' : 'terminated'}`,
    extensions: {
      instanceStatus: record.status,
      instanceId: record.id,
      novitaInstanceId: record.novitaInstanceId,
    },
    ...(record.origin === 'discovered' && record.novitaInstanceId !== null
      ? { suggestion: `Adopt it first: POST /api/v1/orphans/${record.novitaInstanceId}/adopt` }
      : {}),
  });
}

/**
 * @param now milliseconds since 1970
 * @throws Problem `lease-not-plausible`
 */
export function refuseImplausible({ until }: LeaseRequest, now: number, maxLeaseMs: number): void {
  const leftMs = msFromTimestamp(until) - now;
  if (leftMs > 0 && leftMs <= maxLeaseMs) return;
  const latest = timestampFromMs(now + maxLeaseMs);
  const detail =
    leftMs <= 0
      ? `The lease would have ended at ${until}, and it is ${timestampFromMs(now)} now.`
      : `The lease would last until ${until}, which is longer than AUTO_STOP_MAX_LEASE (${formatDuration(maxLeaseMs)}) from now.`;
  throw new Problem(autoStopProblems['lease-not-plausible'], {
    detail,
    errors: [{ pointer: '/until', detail: `must lie after now and not after ${latest}` }],
    suggestion: `Give a time after now and not after ${latest}; a lease can be renewed as often as needed.`,
    extensions: { latest },
  });
}

export function leaseEntry({ until, by, reason }: AutoStopLease, at: Timestamp): LedgerEntry {
  return { at, kind: 'lease', by, to: until, reason: `declared busy until ${until}: ${reason}` };
}

export function leaseEndEntry(until: Timestamp, by: string, at: Timestamp): LedgerEntry {
  const reason =
    until > at ? `the lease until ${until} ended early` : `the lease that had ended at ${until} was removed`;
  return { at, kind: 'lease', by, from: until, reason };
}
