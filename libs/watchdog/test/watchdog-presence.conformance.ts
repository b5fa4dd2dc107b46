import { timestampFromMs } from '@app/platform';
import { expect, it } from 'vitest';
import type { WatchdogPresence } from '../src/watchdog-presence.js';

/** What both adapters do. @param make two views of one store, as two processes have them */
export function watchdogPresenceConformance(
  make: () => { readonly one: WatchdogPresence; readonly other: WatchdogPresence },
): void {
  it('knows none before the first report, and then the latest, in every process', async () => {
    const { one, other } = make();
    expect(await other.latest()).toBeNull();
    const first = { at: timestampFromMs(Date.UTC(2026, 0, 1)), dryRun: true, remembered: 3 };
    await one.note(first);
    expect(await other.latest()).toEqual(first);
    const second = { at: timestampFromMs(Date.UTC(2026, 0, 2)), dryRun: false, remembered: 0 };
    await other.note(second);
    expect(await one.latest()).toEqual(second);
  });
}
