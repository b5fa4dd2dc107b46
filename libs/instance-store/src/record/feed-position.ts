import { InvalidCursorError } from '../instance-store.port.js';

/**
 * @param entryId an id of the change feed, or `0`; may come from a client
 * @returns its two numbers as `<ms>-<n>`
 * @throws InvalidCursorError
 */
export function feedPosition(entryId: string): string {
  const parts = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(entryId);
  if (parts === null) throw new InvalidCursorError('not the id of a change');
  return `${parts[1]}-${parts[2] ?? 0}`;
}
