import type { FieldError } from '@app/platform';
import type { CreateInstanceRequest } from '../instance-commands.js';
import type { MergedRequest } from './merge-template.js';
import { ROOTFS_GB } from './select-product.js';

/*
 * The provider's limits for a create call, which it would answer with a 400 long after ours.
 */
const NAME = /^[A-Za-z0-9-]{1,200}$/;
const RESERVED_PORTS: ReadonlySet<number> = new Set([2222, 2223, 2224]);
const MAX_PORTS = 15;
const MAX_GPUS = 8;
const MAX_ENVS = 100;
const MAX_ENV_KEY = 511;
const MAX_ENV_VALUE = 4095;
const MAX_COMMAND = 2047;
const MAX_IMAGE = 500;
const MAX_STORAGES = 30;
const MAX_MOUNT_POINT = 4095;
const VERSION = /^\d{1,4}(\.\d{1,4}){0,3}$/;

/** What is wrong with a create as it was asked for, all of it, each with the place in the body. */
export function faultsOfRequest(request: CreateInstanceRequest): readonly FieldError[] {
  return [
    ...faultsOfName(request),
    ...faultsOfSource(request),
    ...numberFault('/gpuNum', request.gpuNum, 1, MAX_GPUS),
    ...numberFault('/rootfsSize', request.rootfsSize, ROOTFS_GB.min, ROOTFS_GB.max),
    ...faultsOfPorts(request),
    ...faultsOfEnvs(request),
    ...lengthFault('/image', request.image, MAX_IMAGE),
    ...lengthFault('/command', request.command, MAX_COMMAND),
    ...lengthFault('/entrypoint', request.entrypoint, MAX_COMMAND),
    ...faultsOfStorages(request),
    ...faultsOfRest(request),
  ];
}

/** What is wrong only now that the template has been put in; what the request does not hold is told of the template. */
export function faultsOfMerged(
  { image, ports, tools, envs }: MergedRequest,
  request: CreateInstanceRequest,
): readonly FieldError[] {
  const faults: FieldError[] = [];
  if (image === '') faults.push({ pointer: '/templateId', detail: 'names no image; give one in "image"' });
  const portsLeft = MAX_PORTS - tools.length;
  if (ports.length > portsLeft) {
    faults.push(
      request.ports === undefined || portsLeft < 0
        ? {
            pointer: '/templateId',
            detail: `has ${ports.length + tools.length} ports with its tools; at most ${MAX_PORTS} can be opened`,
          }
        : {
            pointer: `/ports/${portsLeft}`,
            detail: `is one port too many: at most ${portsLeft} beside the ${tools.length} of the template's tools`,
          },
    );
  }
  if (envs.length > MAX_ENVS) {
    const isOfTemplate = request.envs === undefined || request.envs.length === 0;
    faults.push(
      isOfTemplate
        ? { pointer: '/templateId', detail: `has ${envs.length} environment variables; at most ${MAX_ENVS} can be set` }
        : { pointer: '/envs', detail: `must be at most ${MAX_ENVS} variables with those of the template` },
    );
  }
  return faults;
}

function faultsOfName({ name }: CreateInstanceRequest): readonly FieldError[] {
  return NAME.test(name) ? [] : [{ pointer: '/name', detail: 'must be 1 to 200 letters, digits or hyphens' }];
}

function faultsOfSource(request: CreateInstanceRequest): readonly FieldError[] {
  const faults: FieldError[] = [];
  const { productName, productId, templateId, image } = request;
  if (productName === undefined && productId === undefined) {
    faults.push({ pointer: '/productName', detail: 'give "productName" or "productId"' });
  }
  if (productName !== undefined && productId !== undefined) {
    faults.push({ pointer: '/productId', detail: 'give "productName" or "productId", not both' });
  }
  if (templateId === undefined && image === undefined) {
    faults.push({ pointer: '/image', detail: 'give "image" or "templateId"' });
  }
  if (image?.trim() === '') faults.push({ pointer: '/image', detail: 'must not be empty' });
  return faults;
}

function faultsOfPorts({ ports = [] }: CreateInstanceRequest): readonly FieldError[] {
  const seen = new Set<number>();
  return ports.flatMap(({ port }, index) => {
    const pointer = `/ports/${index}`;
    const isDouble = seen.has(port);
    seen.add(port);
    if (index >= MAX_PORTS) return [{ pointer, detail: `at most ${MAX_PORTS} ports` }];
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      return [{ pointer, detail: 'must be a port between 1 and 65535' }];
    }
    if (RESERVED_PORTS.has(port))
      return [{ pointer, detail: 'ports 2222, 2223 and 2224 are kept by Novita for itself' }];
    return isDouble ? [{ pointer, detail: `port ${port} is there twice` }] : [];
  });
}

function faultsOfEnvs({ envs = [] }: CreateInstanceRequest): readonly FieldError[] {
  if (envs.length > MAX_ENVS) return [{ pointer: '/envs', detail: `at most ${MAX_ENVS}` }];
  return envs.flatMap(({ key, value }, index) => [
    ...(key === '' ? [{ pointer: `/envs/${index}/key`, detail: 'must not be empty' }] : []),
    ...lengthFault(`/envs/${index}/key`, key, MAX_ENV_KEY),
    ...lengthFault(`/envs/${index}/value`, value, MAX_ENV_VALUE),
  ]);
}

function faultsOfStorages({ networkStorages = [] }: CreateInstanceRequest): readonly FieldError[] {
  if (networkStorages.length > MAX_STORAGES)
    return [{ pointer: '/networkStorages', detail: `at most ${MAX_STORAGES}` }];
  return networkStorages.flatMap(({ mountPoint }, index) => [
    ...(mountPoint.startsWith('/')
      ? []
      : [{ pointer: `/networkStorages/${index}/mountPoint`, detail: 'must begin with "/"' }]),
    ...lengthFault(`/networkStorages/${index}/mountPoint`, mountPoint, MAX_MOUNT_POINT),
  ]);
}

function faultsOfRest({ minCudaVersion, autoStop }: CreateInstanceRequest): readonly FieldError[] {
  const faults: FieldError[] = [];
  if (minCudaVersion !== undefined && !VERSION.test(minCudaVersion)) {
    faults.push({ pointer: '/minCudaVersion', detail: 'must be a version such as 12.4' });
  }
  const minutes = autoStop?.thresholdMinutes;
  if (minutes !== undefined && !(Number.isFinite(minutes) && minutes > 0)) {
    faults.push({ pointer: '/autoStop/thresholdMinutes', detail: 'must be more than 0' });
  }
  return faults;
}

function numberFault(pointer: string, value: number | undefined, min: number, max: number): readonly FieldError[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [{ pointer, detail: `must be a whole number from ${min} to ${max}` }];
}

function lengthFault(pointer: string, text: string | undefined, max: number): readonly FieldError[] {
  return text === undefined || text.length <= max ? [] : [{ pointer, detail: `must have at most ${max} characters` }];
}
