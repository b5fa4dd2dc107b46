/** The member, or nothing at all when there is no value; for objects in which absent and null differ. */
export function present<Key extends string, Value>(
  key: Key,
  value: Value | null | undefined,
): { readonly [K in Key]?: Value } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
