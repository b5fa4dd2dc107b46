import { billedAs, type FleetPage } from '@app/instance-store';
import type { Orphan } from '@app/sync';
import { present, usd } from '../core/http/answer.js';
import type { UnknownView } from '../instances/unknown-fleet.js';
import type { OrphanPageView, OrphanView } from './orphans.dto.js';

/** @param unknown why nothing is known; null when a listing has completed */
export function renderOrphanPage(
  {
    orphans,
    total,
    nextCursor,
    allUsdPerHour,
  }: Pick<FleetPage, 'total' | 'nextCursor'> & { readonly orphans: readonly Orphan[]; readonly allUsdPerHour: number },
  unknown: UnknownView | null,
): OrphanPageView {
  const sum = orphans
    .filter(({ stored }) => billedAs(stored.record) !== null)
    .reduce((so, { stored }) => so + (stored.record.price.usdPerHour ?? 0), 0);
  return {
    ...present('unknown', unknown),
    orphans: orphans.flatMap(renderOrphan),
    total: unknown === null ? total : null,
    nextCursor,
    usdPerHour: unknown === null ? usd(sum) : null,
    allUsdPerHour: unknown === null ? usd(allUsdPerHour) : null,
  };
}

/** Nothing for a record without a provider's id, which no orphan is. */
function renderOrphan({ stored: { record }, class: orphanClass, markerHeldBy }: Orphan): OrphanView[] {
  const { novitaInstanceId, spec } = record;
  if (novitaInstanceId === null) return [];
  return [
    {
      novitaInstanceId,
      id: record.id,
      name: record.name,
      class: orphanClass,
      ...present('markerHeldBy', markerHeldBy),
      status: record.status,
      ...present('novitaStatus', record.novitaStatus),
      product: { id: spec.productId, name: spec.productName },
      gpuNum: spec.gpuNum,
      ...present('region', spec.region),
      ...present('pricePerHour', record.price.usdPerHour),
      since: record.timestamps.created,
      ...present('missingSince', record.missingSince),
      ...present('ignoredAt', record.ignored?.at),
      ...present('ignoredBy', record.ignored?.by),
    },
  ];
}
