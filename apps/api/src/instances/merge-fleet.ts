import { type InstanceRecord, isFinal, parseMarkedName, type StoredInstance } from '@app/instance-store';
import type { NovitaInstance, NovitaInstanceId } from '@app/novita-client';
import { oneLine } from '@app/platform';
import { present } from '../core/http/answer.js';
import type { ComprehensiveAnswer, ComprehensiveData, ListedView, Presence } from './comprehensive.dto.js';
import type { InstanceMembers } from './instance-view.dto.js';

export interface MergedInstance {
  readonly presence: Presence;
  /** Null for one at Novita that no sync has listed yet. */
  readonly stored: StoredInstance | null;
  /** Null when Novita does not list it. */
  readonly novita: NovitaInstance | null;
}

/**
 * Puts each record together with what Novita lists of it, in the order of the records; those without a record follow.
 * A terminated one is left out unless Novita lists it.
 * A record that does not know its instance yet is found by its marker.
 */
export function mergeFleet(
  records: readonly StoredInstance[],
  listed: ReadonlyMap<NovitaInstanceId, NovitaInstance>,
): readonly MergedInstance[] {
  const byMarker = new Map<string, NovitaInstance>();
  for (const instance of listed.values()) {
    const marker = parseMarkedName(instance.name)?.marker;
    if (marker !== undefined) byMarker.set(marker, instance);
  }
  const owned = new Set<NovitaInstanceId>();
  const merged: MergedInstance[] = [];
  for (const stored of records) {
    const novita = listedOf(stored.record, listed, byMarker);
    if (novita !== null) owned.add(novita.id);
    else if (isFinal(stored.record.status)) continue;
    merged.push({ presence: presenceOf(stored.record, novita), stored, novita });
  }
  for (const novita of listed.values()) {
    if (!owned.has(novita.id)) merged.push({ presence: 'novita-only', stored: null, novita });
  }
  return merged;
}

/** Whether it is no instance of ours, so that `includeNovitaOnly=false` leaves it out. */
export function isForeign({ stored }: MergedInstance): boolean {
  return stored === null || stored.record.origin === 'discovered';
}

function listedOf(
  { novitaInstanceId, marker }: InstanceRecord,
  listed: ReadonlyMap<NovitaInstanceId, NovitaInstance>,
  byMarker: ReadonlyMap<string, NovitaInstance>,
): NovitaInstance | null {
  const found = novitaInstanceId === null ? byMarker.get(marker) : listed.get(novitaInstanceId);
  return found ?? null;
}

function presenceOf({ origin }: InstanceRecord, novita: NovitaInstance | null): Presence {
  if (novita === null) return 'local-only';
  return origin === 'discovered' ? 'novita-only' : 'both';
}

const MAX_STATUS_ERROR_LENGTH = 500;

/** All of the answer that does not follow from the instances. */
export type ComprehensiveContext = Pick<
  ComprehensiveData,
  'listing' | 'sync' | 'options' | 'duration' | 'timestamp'
> & {
  readonly novitaInstances: number;
  readonly render: (stored: StoredInstance) => InstanceMembers;
};

export function renderComprehensive(
  merged: readonly MergedInstance[],
  { novitaInstances, render, ...rest }: ComprehensiveContext,
): ComprehensiveAnswer {
  const shown = rest.options.includeNovitaOnly ? merged : merged.filter((instance) => !isForeign(instance));
  const count = (presence: Presence): number => merged.filter((instance) => instance.presence === presence).length;
  const counts = {
    totalInstances: shown.length,
    novitaInstances,
    localInstances: merged.filter((instance) => !isForeign(instance)).length,
    mergedInstances: count('both'),
    localOnlyInstances: count('local-only'),
    novitaOnlyInstances: count('novita-only'),
  };
  const instances = shown.map(({ presence, stored, novita }) => ({
    ...(stored !== null && render(stored)),
    presence,
    ...(novita !== null && { novita: renderListed(novita) }),
  }));
  return { success: true, message: messageOf(counts), data: { instances, ...counts, ...rest } };
}

type Counts = Pick<
  ComprehensiveData,
  'totalInstances' | 'mergedInstances' | 'localOnlyInstances' | 'novitaOnlyInstances'
>;

function messageOf({ totalInstances, mergedInstances, localOnlyInstances, novitaOnlyInstances }: Counts): string {
  const shown = `${totalInstances} instance${totalInstances === 1 ? '' : 's'} shown`;
  return `${shown}; ${mergedInstances} in both, ${localOnlyInstances} only here, ${novitaOnlyInstances} only at Novita`;
}

/** Without envs, addresses and passwords: the record has them, for those who may see them. */
function renderListed(instance: NovitaInstance): ListedView {
  return {
    id: instance.id,
    name: instance.name,
    status: instance.status,
    ...present(
      'statusError',
      instance.statusError === null ? null : oneLine(instance.statusError.message, MAX_STATUS_ERROR_LENGTH),
    ),
    ...present('region', instance.clusterName),
    ...present('productId', instance.productId),
    ...present('productName', instance.productName),
    ...present('gpuNum', instance.gpuNum),
    ...present('billingMode', instance.billingMode),
    ...present('pricePerHour', instance.usdPerHour),
    ...present('spotStatus', instance.spotStatus),
    ...present('createdAt', instance.createdAt),
    ...present('startedAt', instance.lastStartedAt),
    ...present('stoppedAt', instance.lastStoppedAt),
  };
}
