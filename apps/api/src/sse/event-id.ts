/** Ids as Redis streams make them: milliseconds and a counter within them. */
const EVENT_ID = /^(\d{1,15})-(\d{1,15})$/;

export function isEventId(text: string): boolean {
  return EVENT_ID.test(text);
}

/**
 * Negative when `a` comes before `b`, positive when it comes after it, 0 when they are the same.
 *
 * @throws RangeError for what is no event id
 */
export function compareEventIds(a: string, b: string): number {
  const [aMs, aCount] = partsOf(a);
  const [bMs, bCount] = partsOf(b);
  return aMs - bMs || aCount - bCount;
}

function partsOf(id: string): readonly [number, number] {
  const match = EVENT_ID.exec(id);
  if (match === null) throw new RangeError('not the id of an event');
  return [Number(match[1]), Number(match[2])];
}
