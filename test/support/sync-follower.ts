import type { FollowedEvent, SyncExample } from './sync-examples.js';
import { until } from './until.js';

/** Follows the events of one API in the background, with the client of docs/sync-status.md. */
export class SyncFollower {
  readonly events: FollowedEvent[] = [];
  private readonly ending = new AbortController();
  private readonly following: Promise<void>;

  private constructor(example: SyncExample, url: string, key: string, lastEventId?: string) {
    const options = { key, signal: this.ending.signal, ...(lastEventId === undefined ? {} : { lastEventId }) };
    this.following = this.collect(example.followSync(url, options));
    // `stop` reports it.
    this.following.catch(() => undefined);
  }

  /** @returns once the first event is there: from now on none is missed */
  static async start(example: SyncExample, url: string, key: string, lastEventId?: string): Promise<SyncFollower> {
    const follower = new SyncFollower(example, url, key, lastEventId);
    await until(`${url} sends its first event`, async () => follower.events.length > 0);
    return follower;
  }

  get names(): readonly string[] {
    return this.events.map(({ event }) => event);
  }

  /** Waits for the first event that is so; those that came already count. */
  async sees(what: string, isIt: (event: FollowedEvent) => boolean): Promise<FollowedEvent> {
    return until(`an event: ${what}`, async () => this.events.find(isIt));
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.following;
  }

  private async collect(events: AsyncIterable<FollowedEvent>): Promise<void> {
    for await (const event of events) this.events.push(event);
  }
}
