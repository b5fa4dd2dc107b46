import type {
  NovitaCluster,
  NovitaCpuProduct,
  NovitaGpuProduct,
  NovitaNetworkStorage,
  NovitaPortType,
  NovitaRegistryAuth,
  NovitaTemplate,
} from '../novita-types.js';
import {
  arrayOf,
  billingModeOf,
  countOf,
  envsOf,
  type Fields,
  fieldsOf,
  flagOf,
  idOf,
  portOf,
  portTypeOf,
  requireText,
  textOf,
  usdFromProductPrice,
} from './read-value.js';

/** @throws UnreadableItemError */
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
 * @throws UnreadableItemError
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

/** @throws UnreadableItemError */
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

/**
 * Reads the whole of a template: a create from it needs its command, disk, ports, tools and volumes too.
 * @throws UnreadableItemError
 */
export function readTemplate(item: Fields): NovitaTemplate {
  return {
    // A capital I in Novita's answers; the small one is what their other resources use.
    id: textOf(item['Id']) ?? requireText(item, 'id'),
    name: textOf(item['name']) ?? '',
    channel: textOf(item['channel']),
    image: requireText(item, 'image'),
    imageAuthId: idOf(item['imageAuth']),
    startCommand: textOf(item['startCommand']),
    entrypoint: textOf(item['entrypoint']),
    rootfsSize: countOf(item['rootfsSize']),
    ports: portsOf(item['ports']),
    envs: envsOf(item['envs']),
    tools: toolsOf(item['tools']),
    volumes: arrayOf(item['volumes']).flatMap((entry) => {
      const fields = fieldsOf(entry);
      const type = textOf(fields['type']);
      return type === null ? [] : [{ type, sizeGb: countOf(fields['size']), mountPath: textOf(fields['mountPath']) }];
    }),
    minCudaVersion: textOf(item['minCudaVersion']),
  };
}

/** Novita sends the password in clear text; it is left behind here. @throws UnreadableItemError */
export function readRegistryAuth(item: Fields): NovitaRegistryAuth {
  return {
    id: requireText(item, 'id'),
    name: textOf(item['name']) ?? '',
    username: textOf(item['username']) ?? '',
  };
}

/** @throws UnreadableItemError */
export function readNetworkStorage(item: Fields): NovitaNetworkStorage {
  return {
    id: requireText(item, 'storageId'),
    name: textOf(item['storageName']) ?? '',
    sizeGb: countOf(item['storageSize']) ?? 0,
    clusterId: idOf(item['clusterId']),
    clusterName: textOf(item['clusterName']),
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

/** Grouped by type on the wire: `[{type: "http", ports: [80, 8080]}]`. */
function portsOf(value: unknown): NovitaTemplate['ports'] {
  const ports: { port: number; type: NovitaPortType }[] = [];
  for (const entry of arrayOf(value)) {
    const fields = fieldsOf(entry);
    const type = portTypeOf(fields['type']);
    if (type === null) continue;
    for (const each of arrayOf(fields['ports'])) {
      const port = portOf(each);
      if (port !== null) ports.push({ port, type });
    }
  }
  return ports;
}

function toolsOf(value: unknown): NovitaTemplate['tools'] {
  return arrayOf(value).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const name = textOf(fields['name']);
    const port = portOf(fields['port']);
    const type = portTypeOf(fields['type']);
    return name === null || port === null || type === null ? [] : [{ name, port, type }];
  });
}

function textsOf(value: unknown): readonly string[] {
  return arrayOf(value).flatMap((entry) => textOf(entry) ?? []);
}
