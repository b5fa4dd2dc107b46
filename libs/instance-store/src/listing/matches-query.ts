import type { InstanceRecord } from '../instance.js';
import type { InstanceQuery } from '../instance-store.port.js';
import { groupOf } from './instance-group.js';

/** Whether a record belongs to a listing, whatever its page. */
export function matchesQuery(
  record: InstanceRecord,
  query: Pick<InstanceQuery, 'statuses' | 'region' | 'namePrefix' | 'group'>,
): boolean {
  return (
    (query.statuses === undefined || query.statuses.includes(record.status)) &&
    (query.region === undefined || query.region === record.spec.region) &&
    (query.namePrefix === undefined || record.name.startsWith(query.namePrefix)) &&
    (query.group === undefined || query.group === groupOf(record))
  );
}
