/**
 * Handles items side by side, at most `limit` at a time.
 * @param handle must not throw for a single item: the first failure ends the whole
 * @returns the results in the order of the items
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  limit: number,
  handle: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const hand = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await handle(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, hand));
  return results;
}

/** Consecutive pieces of at most `size`. */
export function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
