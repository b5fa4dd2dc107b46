import type { NovitaInstance } from '@app/novita-client';
import { oneLine } from '@app/platform';
import { present } from '../http/present.js';
import type { InstanceJson } from '../instances/instance-json.js';
import type { ComprehensiveAnswer, ComprehensiveData, ListedView } from './comprehensive.dto.js';
import { isForeign, type MergedInstance } from './merge-fleet.js';

const MAX_STATUS_ERROR_LENGTH = 500;

/** All of the answer that does not follow from the instances. */
export type ComprehensiveContext = Pick<
  ComprehensiveData,
  'listing' | 'sync' | 'options' | 'duration' | 'timestamp'
> & {
  readonly novitaInstances: number;
  readonly secrets: boolean;
  readonly texts: Pick<InstanceJson, 'of'>;
};

/** The answer as JSON text: ten thousand instances are not made into objects first. */
export function comprehensiveJson(merged: readonly MergedInstance[], context: ComprehensiveContext): string {
  const { novitaInstances, secrets, texts, ...rest } = context;
  const shown = context.options.includeNovitaOnly ? merged : merged.filter((instance) => !isForeign(instance));
  const count = (presence: MergedInstance['presence']): number =>
    merged.filter((instance) => instance.presence === presence).length;
  const counts = {
    totalInstances: shown.length,
    novitaInstances,
    localInstances: merged.filter((instance) => !isForeign(instance)).length,
    mergedInstances: count('both'),
    localOnlyInstances: count('local-only'),
    novitaOnlyInstances: count('novita-only'),
  };
  const head = { success: true, message: messageOf(counts) } satisfies Omit<ComprehensiveAnswer, 'data'>;
  const data = { ...counts, ...rest } satisfies Omit<ComprehensiveData, 'instances'>;
  const items = shown.map((instance) => itemJson(instance, secrets, texts)).join(',');
  return `${open(head)},"data":{"instances":[${items}],${JSON.stringify(data).slice(1)}}`;
}

type Counts = Pick<
  ComprehensiveData,
  'totalInstances' | 'mergedInstances' | 'localOnlyInstances' | 'novitaOnlyInstances'
>;

function messageOf({ totalInstances, mergedInstances, localOnlyInstances, novitaOnlyInstances }: Counts): string {
  const shown = `${totalInstances} instance${totalInstances === 1 ? '' : 's'} shown`;
  return `${shown}; ${mergedInstances} in both, ${localOnlyInstances} only here, ${novitaOnlyInstances} only at Novita`;
}

function itemJson(
  { presence, stored, novita }: MergedInstance,
  secrets: boolean,
  texts: ComprehensiveContext['texts'],
): string {
  const part = JSON.stringify({ presence, ...(novita !== null && { novita: renderListed(novita) }) });
  return stored === null ? part : `${texts.of(stored, secrets).slice(0, -1)},${part.slice(1)}`;
}

/** An object without its closing brace. */
function open(value: object): string {
  return JSON.stringify(value).slice(0, -1);
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
