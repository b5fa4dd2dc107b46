import { isAfter, STREAM_START, streamPosition } from '@app/redis';
import type { ResourceEvent } from '../model/resource.js';

const MAX_REMEMBERED = 2_000;
/** Events beyond that limit that are kept until they are forgotten together. */
const SLACK = 200;

/** The latest changes, without a gap. */
export class RecentEvents {
  private events: ResourceEvent[] = [];
  /** Everything after it is remembered; null before it is known where that begins. */
  private floor: string | null = null;
  /** Of the latest entry of the feed that was read. */
  private ceiling = STREAM_START;

  /** @param limit events that are remembered, about */
  constructor(private readonly limit = MAX_REMEMBERED) {}

  /** Forgets all; what comes next is after this position. */
  restart(position: string): void {
    this.events = [];
    this.floor = position;
    this.ceiling = position;
  }

  add(event: ResourceEvent): void {
    this.events.push(event);
    this.reach(event.id);
    if (this.events.length <= this.limit + SLACK) return;
    this.floor = this.events.splice(0, this.events.length - this.limit).at(-1)?.id ?? this.floor;
  }

  /** The feed was read up to this entry. */
  reach(position: string): void {
    this.ceiling = position;
  }

  /** @returns null when the changes after that position are not all among them */
  after(id: string, limit: number): readonly ResourceEvent[] | null {
    const at = streamPosition(id);
    const [floor, ceiling] = [streamPosition(this.floor ?? ''), streamPosition(this.ceiling)];
    if (at === null || floor === null || ceiling === null || isAfter(floor, at) || isAfter(at, ceiling)) return null;
    // Most readers were disconnected for a moment only.
    let place = this.events.length;
    while (place > 0 && isLater(this.events[place - 1], id)) place -= 1;
    return this.events.slice(place, place + Math.max(0, limit));
  }
}

function isLater(event: ResourceEvent | undefined, id: string): boolean {
  return event !== undefined && isAfterEntry(event.id, id);
}

/** Whether an entry of the feed comes after another one. */
export function isAfterEntry(entryId: string, other: string): boolean {
  const [one, two] = [streamPosition(entryId), streamPosition(other)];
  return one !== null && two !== null && isAfter(one, two);
}
