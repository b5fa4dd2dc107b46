import type { StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import type { InstancePage, InstanceQuery } from '../instance-store.port.js';
import { encodeCursor } from '../listing/cursor.js';
import { type ListPlan, planList } from '../listing/list-plan.js';
import { matchesQuery } from '../listing/matches-query.js';
import type { RecordFetcher } from './record-fetcher.js';
import type { RecordVersion } from './record-version.js';
import type { ScriptRunner } from './redis-script.js';
import type { RememberedRecords } from './remembered-records.js';
import { LIST, LIST_PREFIX_BY_CREATED } from './scripts/list.lua.js';

interface Line {
  readonly id: InstanceId;
  readonly version: RecordVersion;
  readonly lastUsed: string;
}

/**
 * Reads pages: one round trip for what is on the page, and a second only for the documents that are not remembered,
 * which are nearly all of the bytes.
 */
export class InstanceLister {
  /** @param prefixBound candidates looked at for one page by a name prefix in order of creation */
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly remembered: RememberedRecords,
    private readonly fetcher: RecordFetcher,
    private readonly prefixBound: number,
  ) {}

  /** @throws InvalidCursorError RangeError */
  async list(query: InstanceQuery): Promise<InstancePage> {
    const plan = planList(query);
    if (plan.scopes.length === 0) return { instances: [], total: 0, nextCursor: null };
    const [total, next, lines] = (await this.run(plan)) as [number, string, string];
    const { instances, skipped } = await this.read(parseLines(lines), query);
    return {
      instances,
      total,
      nextCursor: next === '' ? null : encodeCursor(query.sort, next),
      ...(skipped.length > 0 && { skipped }),
    };
  }

  private run(plan: ListPlan): Promise<unknown> {
    const descending = plan.descending ? '1' : '0';
    const after = plan.after ?? '';
    if (plan.order === 'name' || plan.namePrefix === '') {
      return this.scripts.run(LIST, [plan.order, descending, plan.namePrefix, after, plan.limit, ...plan.scopes]);
    }
    // An index entry's JSON begins with the name, so its beginning tells a name with the prefix from all others.
    const entryStart = JSON.stringify({ name: plan.namePrefix }).slice(0, -'"}'.length);
    return this.scripts.run(LIST_PREFIX_BY_CREATED, [
      descending,
      plan.namePrefix,
      entryStart,
      after,
      plan.limit,
      this.prefixBound,
      ...plan.scopes,
    ]);
  }

  private async read(
    lines: readonly Line[],
    query: InstanceQuery,
  ): Promise<Required<Pick<InstancePage, 'instances' | 'skipped'>>> {
    const read = new Map<InstanceId, StoredInstance>();
    const unknown: InstanceId[] = [];
    for (const { id, version, lastUsed } of lines) {
      const known = this.remembered.of(id);
      if (known?.version === version) read.set(id, known.usedAt(lastUsed));
      else unknown.push(id);
    }
    const fetched = unknown.length === 0 ? [] : await this.fetcher.byIds(unknown);
    for (const stored of fetched) {
      // It may have changed between the two round trips.
      if (matchesQuery(stored.record, query)) read.set(stored.record.id, stored);
    }
    const found = new Set(fetched.map(({ record }) => record.id));
    const skipped = unknown.filter((id) => !found.has(id));
    return { instances: lines.flatMap(({ id }) => read.get(id) ?? []), skipped };
  }
}

/** @param lines `id version last-used` of each, a line each; last-used may be empty */
function parseLines(lines: string): Line[] {
  if (lines === '') return [];
  return lines.split('\n').map((line) => {
    const [id, version, lastUsed] = line.split(' ') as [InstanceId, RecordVersion, string];
    return { id, version, lastUsed };
  });
}
