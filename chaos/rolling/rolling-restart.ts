import { Violation } from '../../simulation/checks/violation.js';
import { Balancer } from '../../test/support/balancer.js';
import { until } from '../../test/support/until.js';
import { Readers } from '../checks/readers.js';
import type { Watch } from '../checks/watch.js';
import type { Ground } from '../ground/ground.js';
import type { Slot } from '../ground/slot.js';
import { HalfSent, keepAsking, openUnused, type Seen, SlowDownload } from './kinds-of-clients.js';

const KEPT_CONNECTIONS = 4;
const READERS = 2;

export interface RollingFigures {
  readonly requests: number;
  readonly failed: number;
  readonly repeated: number;
  readonly ms: readonly number[];
  /** How long each process took to end. */
  readonly ends: readonly { readonly name: string; readonly ms: number }[];
  readonly readerReturns: number;
}

/**
 * Replaces every process in turn while clients ask through a balancer: nothing that they ask may fail.
 *
 * @param violate called with what did
 */
export async function rollingRestart(
  ground: Ground,
  watch: Watch,
  violate: (promise: string, detail: string) => void,
): Promise<RollingFigures> {
  const balancer = await Balancer.start(ground.apis.map(({ url }) => url));
  const readers = new Readers([balancer], READERS);
  const seen: Seen = { ms: [], failures: [], repeated: 0 };
  const ending = new AbortController();
  const instance = watch.records.all().find(({ status }) => status !== 'terminated');
  const asking = Promise.all([
    ...Array.from({ length: KEPT_CONNECTIONS }, () =>
      keepAsking(balancer.url, 'GET', '/api/v1/instances?limit=20', seen, ending.signal),
    ),
    ...(instance === undefined
      ? []
      : [keepAsking(balancer.url, 'PUT', `/api/v1/instances/${instance.id}/last-used`, seen, ending.signal)]),
  ]);
  const ends: { name: string; ms: number }[] = [];
  try {
    await readers.haveBegun();
    for (const slot of ground.slots) {
      const ms = slot.isApi ? await replaceApi(slot, balancer, seen) : await slot.replace();
      ends.push({ name: slot.name, ms });
    }
    ending.abort();
    await asking;
    await until('readers have heard everything', async () => {
      await watch.catchUp();
      return isWell(() => readers.check(watch.written));
    });
  } finally {
    ending.abort();
    readers.close();
    await balancer.close();
  }
  if (balancer.turnedAway > 0) seen.failures.push(`${balancer.turnedAway} connections found no process that was ready`);
  for (const failure of new Set(seen.failures)) violate('no request fails in a rolling restart', failure);
  return {
    requests: seen.ms.length,
    failed: seen.failures.length,
    repeated: seen.repeated,
    ms: seen.ms,
    ends,
    readerReturns: readers.returns,
  };
}

/** With everything open to it that a process may find when it has to end. */
async function replaceApi(slot: Slot, balancer: Balancer, seen: Seen): Promise<number> {
  const port = Number(new URL(slot.url).port);
  const [unused, half, download] = await Promise.all([
    openUnused(port),
    HalfSent.begin(port),
    SlowDownload.begin(slot.url),
  ]);
  const replacing = slot.replace();
  await until('the balancer sees that it ends', async () => !balancer.isReady(slot.url), { everyMs: 20 });
  const failures = await Promise.all([half.finish(), download.finish()]);
  seen.failures.push(...failures.filter((failure) => failure !== null));
  const ms = await replacing;
  for (const socket of unused) socket.destroy();
  await until('the balancer sees that it is back', async () => balancer.isReady(slot.url));
  return ms;
}

function isWell(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Violation) return false;
    throw error;
  }
}
