import { inBatches, msFromTimestamp, type Timestamp } from '@app/platform';
import { RedisScript } from '@app/redis';
import { boundedBy } from '../plan/audit-lines.js';
import type { TouchResult } from '../ports/idle-tracker.port.js';
import { USES_KEPT } from '../ports/read-marks.port.js';
import { MAX_BATCH, StoreUnavailableError } from '../ports/store-errors.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceStatus } from '../record/instance-status.js';
import { orUnknownOutcome, type StoreKeyspace } from './keyspace.js';
import { lastUsedFrom } from './record-codec.js';

/** A use that waits for the end of its turn. */
interface Use {
  readonly id: InstanceId | NovitaInstanceId;
  readonly at: Timestamp;
  readonly by: string;
  readonly resolve: (result: TouchResult) => void;
  readonly reject: (error: unknown) => void;
}

const TOUCH = RedisScript.fromFile(new URL('./lua/touch.lua', import.meta.url), { USES_KEPT });

/** Reports uses: those of one turn of the event loop share a round trip, and each caller gets its own answer. */
export class Touches {
  private uses: Use[] = [];

  constructor(private readonly keyspace: StoreKeyspace) {}

  report(id: InstanceId | NovitaInstanceId, at: Timestamp, by: string | undefined): Promise<TouchResult> {
    // The immediates run after all input of this turn was read.
    if (this.uses.length === 0) setImmediate(() => this.send());
    const { promise, resolve, reject } = Promise.withResolvers<TouchResult>();
    this.uses.push({ id, at, by: by === undefined ? '' : boundedBy(by), resolve, reject });
    return promise;
  }

  private send(): void {
    const uses = this.uses;
    this.uses = [];
    for (const batch of inBatches(uses, MAX_BATCH)) void this.sendBatch(batch);
  }

  private async sendBatch(batch: readonly Use[]): Promise<void> {
    const args = batch.flatMap(({ id, at, by }) => [id, isInstanceId(id) ? 'ours' : 'novita', msFromTimestamp(at), by]);
    try {
      const reply = (await this.keyspace.run(TOUCH, args)) as readonly (string | number | null)[];
      batch.forEach(({ resolve }, place) => {
        resolve(touchResult(reply.slice(4 * place, 4 * place + 4)));
      });
    } catch (error) {
      if (batch.length > 1 && !(error instanceof StoreUnavailableError)) {
        // A record that the script cannot read must not cost the others their uses.
        await Promise.all(batch.map((use) => this.sendBatch([use])));
        return;
      }
      for (const { id, resolve, reject } of batch) {
        orUnknownOutcome(id, Promise.reject<TouchResult>(error as Error)).then(resolve, reject);
      }
    }
  }
}

function touchResult([id, lastUsed, moved, status]: readonly (string | number | null)[]): TouchResult {
  const lastUsedAt = typeof lastUsed === 'string' ? lastUsedFrom(lastUsed) : null;
  if (typeof id !== 'string' || lastUsedAt === null || typeof status !== 'string') return { outcome: 'missing' };
  return { outcome: 'touched', id: id as InstanceId, lastUsedAt, moved: moved === 1, status: status as InstanceStatus };
}
