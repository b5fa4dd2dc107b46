import type { NovitaCluster, NovitaCpuProduct, NovitaGpuProduct } from '../novita-types.js';
import { billingModeOf } from './read-parts.js';
import {
  arrayOf,
  countOf,
  type Fields,
  fieldsOf,
  flagOf,
  requireText,
  textOf,
  usdFromProductPrice,
} from './read-value.js';

/** @throws ItemFault */
export function readCluster(item: Fields): NovitaCluster {
  return {
    id: requireText(item, 'id'),
    name: requireText(item, 'name'),
    availableGpuTypes: textsOf(item['availableGpuType']),
    supportsNetworkStorage: flagOf(item['supportNetworkStorage']),
    supportsInstanceNetwork: flagOf(item['supportInstanceNetwork']),
  };
}

/**
 * Prices are integers by the documentation and decimal strings in practice; both are read.
 * @throws ItemFault
 */
export function readGpuProduct(item: Fields): NovitaGpuProduct {
  const billingModes = arrayOf(item['billingMethods']).flatMap((mode) => billingModeOf(mode) ?? []);
  // An older answer without the list still offers what it has a price for.
  const offered = (mode: 'onDemand' | 'spot'): boolean => billingModes.length === 0 || billingModes.includes(mode);
  return {
    id: requireText(item, 'id'),
    name: requireText(item, 'name'),
    cpuPerGpu: countOf(item['cpuPerGpu']) ?? 0,
    memoryPerGpu: countOf(item['memoryPerGpu']) ?? 0,
    diskPerGpu: countOf(item['diskPerGpu']) ?? 0,
    availableDeploy: flagOf(item['availableDeploy']),
    minRootfs: countOf(item['minRootFS']),
    maxRootfs: countOf(item['maxRootFS']),
    regions: textsOf(item['regions']),
    onDemandUsdPerHour: offered('onDemand') ? usdFromProductPrice(item['price']) : null,
    spotUsdPerHour: offered('spot') ? usdFromProductPrice(item['spotPrice']) : null,
    monthly: monthlyOf(item['monthlyPrice']),
    billingModes,
    inventoryState: textOf(item['inventoryState']),
  };
}

/** @throws ItemFault */
export function readCpuProduct(item: Fields): NovitaCpuProduct {
  return {
    id: requireText(item, 'id'),
    name: requireText(item, 'name'),
    cpuNum: countOf(item['cpuNum']) ?? 0,
    memoryGb: countOf(item['memorySize']) ?? 0,
    rootfsGb: countOf(item['rootfsSize']),
    availableDeploy: flagOf(item['availableDeploy']),
    usdPerHour: usdFromProductPrice(item['price']),
  };
}

function monthlyOf(value: unknown): NovitaGpuProduct['monthly'] {
  return arrayOf(value).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const months = countOf(fields['month']);
    const usd = usdFromProductPrice(fields['price']);
    return months === null || months === 0 || usd === null ? [] : [{ months, usd }];
  });
}

function textsOf(value: unknown): readonly string[] {
  return arrayOf(value).flatMap((entry) => textOf(entry) ?? []);
}
