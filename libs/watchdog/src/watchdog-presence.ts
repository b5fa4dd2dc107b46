import { StoreUnavailableError } from '@app/instance-store';
import { DAY_MS, isObject, type Timestamp } from '@app/platform';
import { FleetKeys, orUnavailable, type RedisConnections } from '@app/redis';
import { isInstant } from './watch-file.js';

/** The latest report of a watchdog. */
export interface SeenWatchdog {
  readonly at: Timestamp;
  readonly dryRun: boolean;
  /** Instances whose deadlines it remembered before that. */
  readonly remembered: number;
}

/** When a watchdog reported last, for all APIs. */
export abstract class WatchdogPresence {
  /** @throws StoreUnavailableError */
  abstract note(seen: SeenWatchdog): Promise<void>;
  /** @returns null for none within a week. @throws StoreUnavailableError */
  abstract latest(): Promise<SeenWatchdog | null>;
}

export class MemoryWatchdogPresence extends WatchdogPresence {
  private seen: SeenWatchdog | null = null;

  override async note(seen: SeenWatchdog): Promise<void> {
    this.seen = seen;
  }

  override async latest(): Promise<SeenWatchdog | null> {
    return this.seen;
  }
}

/** One that was switched off on purpose is forgotten after this. */
const KEPT_MS = 7 * DAY_MS;

export class RedisWatchdogPresence extends WatchdogPresence {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).watchdogSeen;
  }

  override async note(seen: SeenWatchdog): Promise<void> {
    await unavailable(this.connections.commands.set(this.key, JSON.stringify(seen), 'PX', KEPT_MS));
  }

  override async latest(): Promise<SeenWatchdog | null> {
    const text = await unavailable(this.connections.commands.get(this.key));
    return text === null ? null : parseSeen(text);
  }
}

function unavailable<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new StoreUnavailableError(text, { cause }));
}

/** @returns null for what cannot be read: it is written anew within a minute */
function parseSeen(text: string): SeenWatchdog | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const { at, dryRun, remembered } = parsed;
  const isSeen = isInstant(at) && typeof dryRun === 'boolean' && typeof remembered === 'number';
  return isSeen ? { at, dryRun, remembered } : null;
}
