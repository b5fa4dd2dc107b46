import { STORE_KEYS } from '@app/instance-store';

const KNOWN = STORE_KEYS.map(
  ({ key }) => new RegExp(`^${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/<[^>]+>/g, '.+')}$`),
);

/** Keys that the table of the store does not name, without their hash tag; locks are another lib's. */
export function unknownKeys(keys: readonly string[]): string[] {
  return keys
    .map((key) => key.replace(/^\{[^}]+\}:/, ''))
    .filter((key) => !/^lock(-fence)?:/.test(key) && !KNOWN.some((known) => known.test(key)))
    .toSorted();
}
