import { FleetKeys, type LockHold, LockLostError, orUnavailable, type RedisConnections, RedisScript } from '@app/redis';
import { SyncStatusUnavailableError } from '@app/sync-status';
import { Logger } from '@nestjs/common';
import type { SyncResult } from '../model/sync-run.js';
import { RESULT_TTL_MS, RunNotes, readHeldIds, readResult } from './run-notes.js';

const PUT_HELD_IDS = RedisScript.fromFile(new URL('./scripts/put-held-ids.lua', import.meta.url));

/** What runs leave, in Redis. A document that cannot be understood counts as none, with a line in the log. */
export class RedisRunNotes extends RunNotes {
  private readonly logger = new Logger('SyncStatus');
  private readonly keys: FleetKeys;

  /** @param keyPrefix becomes the hash tag of every key */
  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async putResult(runId: string, result: SyncResult): Promise<void> {
    const key = this.keys.syncResult(runId);
    await ask(this.connections.commands.set(key, JSON.stringify(result), 'PX', RESULT_TTL_MS));
  }

  override async result(runId: string): Promise<SyncResult | null> {
    const json = await ask(this.connections.commands.get(this.keys.syncResult(runId)));
    return json === null ? null : this.known(readResult(json), 'result');
  }

  override async putHeldIds(ids: readonly string[] | null, hold: LockHold): Promise<void> {
    const json = ids === null ? '' : JSON.stringify(ids);
    const keys = [this.keys.hashTag, this.keys.syncHeld];
    const written = await ask(PUT_HELD_IDS.run(this.connections.commands, keys, [hold.name, hold.token, json]));
    if (written !== 1) throw new LockLostError(hold.name);
  }

  override async heldIds(): Promise<readonly string[] | null> {
    const json = await ask(this.connections.commands.get(this.keys.syncHeld));
    return json === null ? null : this.known(readHeldIds(json), 'held listing');
  }

  private known<Value>(value: Value | null, what: string): Value | null {
    if (value === null) this.logger.warn(`The ${what} of the sync in Redis cannot be understood and counts as none`);
    return value;
  }
}

function ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new SyncStatusUnavailableError(text, { cause }));
}
