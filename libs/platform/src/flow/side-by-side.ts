/**
 * Handles items side by side, at most `limit` at a time. The next item is asked for only when there is a hand free, so
 * a slow handler holds its source back. After the first failure no further item is begun.
 *
 * @returns the results in the order of the items
 * @throws the first failure, when those under way have ended
 */
export async function sideBySide<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  handle: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const results: Result[] = [];
  let exhausted = false;
  let places = 0;
  const hand = async (): Promise<void> => {
    while (!exhausted && failures.length === 0) {
      const next = await source.next();
      if (next.done === true) {
        exhausted = true;
        continue;
      }
      const place = places++;
      if (failures.length === 0) results[place] = await handle(next.value);
    }
  };
  const hands = Array.from({ length: limit }, () =>
    hand().catch((error: unknown) => {
      failures.push(error);
    }),
  );
  await Promise.all(hands);
  if (failures.length === 0) return results;
  await source.return?.();
  throw failures[0];
}

/** Consecutive pieces of at most `size`. */
export function* inBatches<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
