import type { FeedEntry } from '@app/instance-store';
import type { ResumableEvents, StreamText } from '../core/sse/resumable-events.js';
import { isEventId, withSseId } from '../core/sse/sse-format.js';

/*
 * A reader that follows the fleet and the resources of a cluster reads two sequences of events with ids of their own. The
 * id of everything that it is sent names its position in both: `<of the fleet>~<of the resources>`.
 */

const JOINT = '~';

/** Where a reader goes on; null where it names no position. */
export interface LastPositions {
  readonly fleet: string | null;
  readonly resources: string | null;
}

/** Whether it is the id of an event of the fleet, or of both sequences. */
export function isPosition(text: string): boolean {
  const parts = text.split(JOINT);
  return parts.length <= 2 && parts.every(isEventId);
}

/** @param id as `isPosition` accepts it; null for none */
export function positionsIn(id: string | null): LastPositions {
  const [fleet = null, resources = null] = id === null ? [] : id.split(JOINT);
  return { fleet, resources };
}

/** The position of one reader in both sequences; it moves with what is sent. */
export class JoinedPosition {
  constructor(
    private fleet: string,
    private resources: string,
  ) {}

  readonly ofFleet = (id: string): string => {
    this.fleet = id;
    return this.text();
  };

  readonly ofResources = (id: string): string => {
    this.resources = id;
    return this.text();
  };

  private text(): string {
    return this.fleet + JOINT + this.resources;
  }
}

/** The events of the fleet for a reader that also follows resources: the same, under ids that name both positions. */
export function joinedFleetEvents(
  fleet: ResumableEvents<FeedEntry>,
  position: (id: string) => string,
): ResumableEvents<FeedEntry> {
  return {
    subscribe: (listener) => fleet.subscribe(listener),
    eventsAfter: (id, limit) => fleet.eventsAfter(id, limit),
    latestId: () => fleet.latestId(),
    knownId: () => fleet.knownId(),
    idOf: (entry) => fleet.idOf(entry),
    wants: (entry) => fleet.wants(entry),
    resume: () => fleet.resume(),
    reset: () => fleet.reset(),
    position,
    // One by one: each has an id of its own. An entry that is left out moves the position, too.
    render: (entries) => {
      const texts = entries.map((entry) => {
        const id = position(fleet.idOf(entry));
        return withSseId(String(fleet.render([entry])), id);
      });
      return texts.join('');
    },
    begin: () => {
      const { text, id } = fleet.begin();
      return { text: withSseId(text, position(id)), id };
    },
    present: async () => {
      const present = await fleet.present();
      if (present === null) throw new Error('the fleet has a list for every reader that begins anew');
      return { id: present.id, pieces: joinedPieces(present.pieces, () => position(present.id)) };
    },
  };
}

/** Until the last piece the reader has none of the list, and its position stays the one that it came with. */
async function* joinedPieces(pieces: AsyncIterable<StreamText>, position: () => string): AsyncGenerator<StreamText> {
  for await (const piece of pieces) {
    const text = String(piece);
    yield text.startsWith('id: ') ? withSseId(text, position()) : text;
  }
}
