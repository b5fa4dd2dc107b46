/** A list in a query: `a,b` and `name=a&name=b` mean the same. What is no text stays as it is, to be refused. */
export function splitList(value: unknown): unknown {
  if (typeof value === 'string') return value.split(',').map((part) => part.trim());
  return Array.isArray(value) ? value.flatMap((part) => splitList(part)) : value;
}
