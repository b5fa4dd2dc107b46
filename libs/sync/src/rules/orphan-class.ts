import { parseMarkedName } from '@app/instance-store';
import type { OrphanClass } from '../orphans/orphan-commands.port.js';

/** Who made an instance, by its name at the provider. */
export function orphanClass(nameAtProvider: string, fleetId: string): OrphanClass {
  const marked = parseMarkedName(nameAtProvider);
  if (marked === null || marked.fleetId === null) return 'unknown';
  return marked.fleetId === fleetId ? 'ours-lost' : 'foreign';
}
