import type { UnderLock } from '../instance-store.port.js';

/** How scripts are told of a lock; both are empty for a write that needs none. */
export function lockArguments({ hold }: Partial<UnderLock>): [name: string, token: string] {
  return hold === undefined ? ['', ''] : [hold.name, hold.token];
}
