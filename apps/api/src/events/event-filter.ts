import { type FeedEntry, type InstanceId, isInstanceChange } from '@app/instance-store';
import { type EventType, isInstanceType } from './event-types.js';

/** Which events one reader wants. */
export class EventFilter {
  /** Whether it leaves nothing out. */
  readonly isOpen: boolean;
  /** Whether it lets any event of an instance through. */
  readonly takesInstances: boolean;

  /**
   * @param types null for all
   * @param instances only events of these; null for all events
   */
  constructor(
    private readonly types: ReadonlySet<EventType> | null,
    readonly instances: ReadonlySet<InstanceId> | null,
  ) {
    this.isOpen = types === null && instances === null;
    this.takesInstances = types === null || [...types].some(isInstanceType);
  }

  wants(entry: FeedEntry): boolean {
    if (this.types !== null && !this.types.has(entry.type)) return false;
    return this.instances === null || (isInstanceChange(entry) && this.instances.has(entry.instanceId));
  }
}
