/**
 * At most `limit` of the items, in their order and evenly spread: the first and the last are always among them.
 *
 * @param limit 2 or more
 */
export function thinOut<Item>(items: readonly Item[], limit: number): readonly Item[] {
  if (items.length <= limit) return items;
  const step = (items.length - 1) / (limit - 1);
  return items.filter((_, i) => Math.round(Math.round(i / step) * step) === i);
}
