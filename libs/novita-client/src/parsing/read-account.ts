import type {
  NovitaBalance,
  NovitaEndpoint,
  NovitaInstanceId,
  NovitaInstanceMetrics,
  NovitaJob,
  NovitaMetricPoint,
  NovitaNetworkStorage,
  NovitaRegistryAuth,
} from '../novita-types.js';
import {
  AnswerFault,
  arrayOf,
  countOf,
  type Fields,
  fieldsOf,
  idOf,
  instantOf,
  isFields,
  numberOf,
  requireText,
  textOf,
  usdFromBillingAmount,
} from './read-value.js';

/** @throws ItemFault */
export function readJob(item: Fields): NovitaJob {
  const state = isFields(item['state']) ? item['state'] : { state: item['state'] };
  return {
    id: textOf(item['Id']) ?? requireText(item, 'id'),
    type: requireText(item, 'type'),
    state: requireText(state, 'state'),
    errorMessage: textOf(state['errorMessage']) ?? textOf(state['message']) ?? textOf(state['error']),
    instanceId: idOf(item['instanceId']) as NovitaInstanceId | null,
    createdAt: instantOf(item['createdAt']),
  };
}

/** Novita sends the password in clear text; it is left behind here. @throws ItemFault */
export function readRegistryAuth(item: Fields): NovitaRegistryAuth {
  return {
    id: requireText(item, 'id'),
    name: textOf(item['name']) ?? '',
    username: textOf(item['username']) ?? '',
  };
}

/** @throws ItemFault */
export function readNetworkStorage(item: Fields): NovitaNetworkStorage {
  return {
    id: requireText(item, 'storageId'),
    name: textOf(item['storageName']) ?? '',
    sizeGb: countOf(item['storageSize']) ?? 0,
    clusterId: idOf(item['clusterId']),
    clusterName: textOf(item['clusterName']),
  };
}

/** @throws ItemFault */
export function readEndpoint(item: Fields): NovitaEndpoint {
  return {
    id: requireText(item, 'id'),
    name: textOf(item['name']) ?? '',
    state: textOf(fieldsOf(item['state'])['state']) ?? textOf(item['state']),
  };
}

/** Points without a time or a value are left out; for GPUs the average over all of them is taken. */
export function readMetrics(answer: Fields): NovitaInstanceMetrics {
  return {
    cpuUtilization: pointsOf(answer['cpuUtilization']),
    memoryUtilization: pointsOf(answer['memUtilization']),
    diskUtilization: pointsOf(answer['rootDiskUtilization']),
    gpuUtilization: pointsOf(fieldsOf(answer['gpuUtilization'])['avg']),
    gpuMemoryUtilization: pointsOf(fieldsOf(answer['gpuMemUtilization'])['avg']),
  };
}

/** @throws AnswerFault when the balance itself is no number; the other amounts count as 0 then */
export function readBalance(answer: Fields): NovitaBalance {
  const availableUsd = usdFromBillingAmount(answer['availableBalance']);
  if (availableUsd === null) throw new AnswerFault('"availableBalance" is not an amount');
  return {
    availableUsd,
    cashUsd: usdFromBillingAmount(answer['cashBalance']) ?? 0,
    creditLimitUsd: usdFromBillingAmount(answer['creditLimit']) ?? 0,
    outstandingUsd: usdFromBillingAmount(answer['outstandingInvoices']) ?? 0,
  };
}

function pointsOf(value: unknown): readonly NovitaMetricPoint[] {
  return arrayOf(value).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const at = instantOf(fields['timestamp']);
    const reading = numberOf(fields['value']);
    return at === null || reading === null ? [] : [{ at, value: reading }];
  });
}
