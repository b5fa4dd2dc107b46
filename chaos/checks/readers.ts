import type { FeedEntry } from '@app/instance-store';
import { checkPiece, checkRevisions } from '../../simulation/checks/followers.js';
import { Violation } from '../../simulation/checks/violation.js';
import { EventReader } from '../../test/support/event-readers.js';
import { until } from '../../test/support/until.js';
import { KEY } from '../ground/ground.js';

/** Clients that follow the events, come back at the other API whenever they are cut off, and go on where they were. */
export class Readers {
  private readonly all: readonly EventReader[];

  /** @param addresses of the APIs, or of a balancer before them */
  constructor(addresses: readonly { readonly url: string }[], count: number) {
    this.all = Array.from({ length: count }, (_, index) => {
      let turn = index;
      return new EventReader(KEY, () => addresses[turn++ % addresses.length]?.url ?? '');
    });
  }

  /** Each knows where it began, so that what it misses from there on can be told. */
  async haveBegun(): Promise<void> {
    await until('all readers have begun', async () => this.all.every(({ startedAt }) => startedAt !== ''));
  }

  /** How often they came back with an id. */
  get returns(): number {
    return this.all.reduce((sum, reader) => sum + reader.returns, 0);
  }

  get received(): number {
    return this.all.reduce((sum, reader) => sum + reader.received.length, 0);
  }

  /** @throws Violation; also for what is only late, so it is asked until it is well or patience ends */
  check(written: readonly FeedEntry[]): void {
    const places = new Map(written.map(({ entryId }, place) => [entryId, place]));
    const latest = written.at(-1)?.entryId;
    for (const [index, { received, hasReset }] of this.all.entries()) {
      const name = `reader ${index + 1}`;
      if (hasReset) throw new Violation('every event once', `${name} was told that events are lost`);
      const ids = received.map((event) => event.slice(0, event.indexOf(' ')));
      checkPiece(name, ids, places);
      if (latest !== undefined && ids.at(-1) !== latest) {
        throw new Violation('every event once', `${name} has not heard the latest entries, only up to ${ids.at(-1)}`);
      }
    }
    checkRevisions(written);
  }

  close(): void {
    for (const reader of this.all) reader.close();
  }
}
