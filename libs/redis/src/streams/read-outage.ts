import type { Redis } from 'ioredis';

/** A connection that breaks and is made anew within this time has been no outage. */
const GRACE_MS = 1_000;

/**
 * Tells when a reader that waits for ever cannot read. Its commands do not fail while Redis is away, so the connection
 * itself is watched.
 */
export class ReadOutage {
  /** What was told last; null at the beginning, when nobody knows. */
  private told: boolean | null = null;
  private cause: unknown = null;
  private timer: NodeJS.Timeout | null = null;

  /** @param tell called with the reason once for each outage, and with null when it is over, and at the first read */
  constructor(
    private readonly connection: Redis,
    private readonly tell: (reason: unknown) => void = () => undefined,
  ) {
    connection.on('error', this.remember).on('close', this.suspect).on('ready', this.over);
  }

  begin(reason: unknown): void {
    this.stopWaiting();
    if (this.told === true) return;
    this.told = true;
    this.tell(reason);
  }

  forget(): void {
    this.stopWaiting();
    this.connection.off('error', this.remember).off('close', this.suspect).off('ready', this.over);
  }

  /** Of the connection as of a read: what was asked before is asked again over a new connection, and can take a while. */
  readonly over = (): void => {
    this.stopWaiting();
    this.cause = null;
    if (this.told === false) return;
    this.told = false;
    this.tell(null);
  };

  private readonly remember = (error: unknown): void => void (this.cause = error);

  private readonly suspect = (): void => {
    if (this.told === true) return;
    this.timer ??= setTimeout(() => this.begin(this.cause ?? new Error('the connection to Redis was lost')), GRACE_MS);
  };

  private stopWaiting(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
