/** Freezes a value fresh from `JSON.parse` (a tree: no cycles), so that many readers can share it. */
export function deepFreeze<Value extends object>(value: Value): Value {
  for (const key in value) {
    const member = value[key];
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}
