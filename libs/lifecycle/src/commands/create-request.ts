import {
  type BillingMode,
  type EnvVar,
  LONGEST_HOLD_MS,
  LONGEST_LIFETIME_MS,
  type NetworkStorageMount,
  type PortSpec,
  TOKEN_VARIABLE,
  type ToolSpec,
  URL_VARIABLE,
} from '@app/instance-store';
import type { NovitaTemplate } from '@app/novita-client';
import { type FieldError, MINUTE_MS } from '@app/platform';
import { CREATE_LIMITS, type CreateInstanceRequest, RESERVED_PORTS } from './instance-commands.js';

/*
 * The request of a create: merged with its template, and held against the provider's limits. Novita would answer a
 * violation with a 400 long after our answer.
 */

export interface CreateDefaults {
  readonly billingMode: BillingMode;
  readonly region: string;
}

/** A create with every member but its place: from the request, else the template, else the default. */
export interface MergedRequest {
  readonly image: string;
  readonly imageAuthId: string | null;
  readonly gpuNum: number;
  /** GB; null when nobody named it. */
  readonly rootfsSize: number | null;
  readonly billingMode: BillingMode;
  readonly ports: readonly PortSpec[];
  readonly tools: readonly ToolSpec[];
  readonly envs: readonly EnvVar[];
  readonly command: string | null;
  readonly entrypoint: string | null;
  readonly networkStorages: readonly NetworkStorageMount[];
  readonly minCudaVersion: string | null;
}

/** What an instance finds its token and its own address in. */
export const REPORT_VARIABLES: ReadonlySet<string> = new Set([TOKEN_VARIABLE, URL_VARIABLE]);

const DEFAULT_PORTS: readonly PortSpec[] = [{ port: 8080, protocol: 'http' }];

const NAME = new RegExp(`^[A-Za-z0-9-]{1,${CREATE_LIMITS.nameLength}}$`);
const VERSION = /^\d{1,4}(\.\d{1,4}){0,3}$/;

/**
 * Puts request and template together; what the request says wins, environment variables key by key.
 *
 * A template's volumes are left out: the provider's create call for GPU instances takes network storages by id only,
 * and a template names sizes and paths without one.
 */
export function mergeTemplate(
  request: CreateInstanceRequest,
  template: NovitaTemplate | null,
  defaults: CreateDefaults,
): MergedRequest {
  const ports = request.ports ?? template?.ports.map(asPort) ?? DEFAULT_PORTS;
  const taken = new Set(ports.map(({ port }) => port));
  return {
    image: request.image ?? template?.image ?? '',
    // The login of the template's registry has nothing to do with another image.
    imageAuthId: request.imageAuthId ?? (request.image === undefined ? template?.imageAuthId : null) ?? null,
    gpuNum: request.gpuNum ?? 1,
    rootfsSize: request.rootfsSize ?? template?.rootfsSize ?? null,
    billingMode: request.billingMode ?? defaults.billingMode,
    ports,
    tools: (template?.tools ?? [])
      .filter(({ port }) => !taken.has(port))
      .map(({ name, ...tool }) => ({ name, ...asPort(tool) })),
    envs: mergeEnvs(template?.envs ?? [], request.envs ?? []),
    command: request.command ?? template?.startCommand ?? null,
    entrypoint: request.entrypoint ?? template?.entrypoint ?? null,
    networkStorages: request.networkStorages ?? [],
    minCudaVersion: request.minCudaVersion ?? template?.minCudaVersion ?? null,
  };
}

function asPort({ port, type }: { readonly port: number; readonly type: PortSpec['protocol'] }): PortSpec {
  return { port, protocol: type };
}

function mergeEnvs(base: readonly EnvVar[], over: readonly EnvVar[]): readonly EnvVar[] {
  const merged = new Map(base.map(({ key, value }) => [key, value]));
  for (const { key, value } of over) merged.set(key, value);
  return [...merged].map(([key, value]) => ({ key, value }));
}

/** Every violation of the request itself, each with its place in the body. */
export function violationsOfRequest(request: CreateInstanceRequest): readonly FieldError[] {
  return [
    ...violationsOfName(request),
    ...violationsOfSource(request),
    ...numberViolation('/gpuNum', request.gpuNum, 1, CREATE_LIMITS.gpus),
    ...numberViolation('/rootfsSize', request.rootfsSize, CREATE_LIMITS.rootfsGb.min, CREATE_LIMITS.rootfsGb.max),
    ...violationsOfPorts(request),
    ...violationsOfEnvs(request),
    ...lengthViolation('/image', request.image, CREATE_LIMITS.imageLength),
    ...lengthViolation('/command', request.command, CREATE_LIMITS.commandLength),
    ...lengthViolation('/entrypoint', request.entrypoint, CREATE_LIMITS.commandLength),
    ...violationsOfStorages(request),
    ...violationsOfRest(request),
  ];
}

/** Violations that show only with the template put in; a member that the request does not hold is reported of the template. */
export function violationsOfMerged(
  { image, ports, tools, envs }: MergedRequest,
  request: CreateInstanceRequest,
): readonly FieldError[] {
  const violations: FieldError[] = [];
  if (image === '') violations.push({ pointer: '/templateId', detail: 'names no image; give one in "image"' });
  const portsLeft = CREATE_LIMITS.ports - tools.length;
  if (ports.length > portsLeft) {
    violations.push(
      request.ports === undefined || portsLeft < 0
        ? {
            pointer: '/templateId',
            detail: `has ${ports.length + tools.length} ports with its tools; at most ${CREATE_LIMITS.ports} can be opened`,
          }
        : {
            pointer: `/ports/${portsLeft}`,
            detail: `is one port too many: at most ${portsLeft} beside the ${tools.length} of the template's tools`,
          },
    );
  }
  const envsLeft = CREATE_LIMITS.envs - (request.reportTo === undefined ? 0 : REPORT_VARIABLES.size);
  if (envs.length > envsLeft) {
    const isOfTemplate = request.envs === undefined || request.envs.length === 0;
    violations.push(
      isOfTemplate
        ? {
            pointer: '/templateId',
            detail: `has ${envs.length} environment variables; at most ${envsLeft} can be set`,
          }
        : { pointer: '/envs', detail: `must be at most ${envsLeft} variables with those of the template` },
    );
  }
  return violations;
}

function violationsOfName({ name }: CreateInstanceRequest): readonly FieldError[] {
  return NAME.test(name)
    ? []
    : [{ pointer: '/name', detail: `must be 1 to ${CREATE_LIMITS.nameLength} letters, digits or hyphens` }];
}

function violationsOfSource(request: CreateInstanceRequest): readonly FieldError[] {
  const violations: FieldError[] = [];
  const { productName, productId, templateId, image } = request;
  if (productName === undefined && productId === undefined) {
    violations.push({ pointer: '/productName', detail: 'give "productName" or "productId"' });
  }
  if (productName !== undefined && productId !== undefined) {
    violations.push({ pointer: '/productId', detail: 'give "productName" or "productId", not both' });
  }
  if (templateId === undefined && image === undefined) {
    violations.push({ pointer: '/image', detail: 'give "image" or "templateId"' });
  }
  if (image?.trim() === '') violations.push({ pointer: '/image', detail: 'must not be empty' });
  return violations;
}

function violationsOfPorts({ ports = [] }: CreateInstanceRequest): readonly FieldError[] {
  const seen = new Set<number>();
  return ports.flatMap(({ port }, index) => {
    const pointer = `/ports/${index}`;
    const isDouble = seen.has(port);
    seen.add(port);
    if (index >= CREATE_LIMITS.ports) return [{ pointer, detail: `at most ${CREATE_LIMITS.ports} ports` }];
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      return [{ pointer, detail: 'must be a port between 1 and 65535' }];
    }
    if (RESERVED_PORTS.has(port))
      return [{ pointer, detail: 'ports 2222, 2223 and 2224 are kept by Novita for itself' }];
    return isDouble ? [{ pointer, detail: `port ${port} is there twice` }] : [];
  });
}

function violationsOfEnvs({ envs = [], reportTo }: CreateInstanceRequest): readonly FieldError[] {
  if (envs.length > CREATE_LIMITS.envs) return [{ pointer: '/envs', detail: `at most ${CREATE_LIMITS.envs}` }];
  return envs.flatMap(({ key, value }, index) => [
    ...(key === '' ? [{ pointer: `/envs/${index}/key`, detail: 'must not be empty' }] : []),
    ...(reportTo !== undefined && REPORT_VARIABLES.has(key)
      ? [{ pointer: `/envs/${index}/key`, detail: `must be another name than ${key}, which reportToken sets` }]
      : []),
    ...lengthViolation(`/envs/${index}/key`, key, CREATE_LIMITS.envKeyLength),
    ...lengthViolation(`/envs/${index}/value`, value, CREATE_LIMITS.envValueLength),
  ]);
}

function violationsOfStorages({ networkStorages = [] }: CreateInstanceRequest): readonly FieldError[] {
  if (networkStorages.length > CREATE_LIMITS.storages)
    return [{ pointer: '/networkStorages', detail: `at most ${CREATE_LIMITS.storages}` }];
  return networkStorages.flatMap(({ mountPoint }, index) => [
    ...(mountPoint.startsWith('/')
      ? []
      : [{ pointer: `/networkStorages/${index}/mountPoint`, detail: 'must begin with "/"' }]),
    ...lengthViolation(`/networkStorages/${index}/mountPoint`, mountPoint, CREATE_LIMITS.mountPointLength),
  ]);
}

function violationsOfRest({
  minCudaVersion,
  autoStop,
  maxLifetimeMinutes: lifetime,
}: CreateInstanceRequest): readonly FieldError[] {
  const violations: FieldError[] = [];
  if (minCudaVersion !== undefined && !VERSION.test(minCudaVersion)) {
    violations.push({ pointer: '/minCudaVersion', detail: 'must be a version such as 12.4' });
  }
  const minutes = autoStop?.thresholdMinutes;
  if (minutes !== undefined && !(Number.isFinite(minutes) && minutes > 0)) {
    violations.push({ pointer: '/autoStop/thresholdMinutes', detail: 'must be more than 0' });
  }
  const hold = autoStop?.holdMinutes;
  if (hold !== undefined && !(hold > 0 && hold * MINUTE_MS <= LONGEST_HOLD_MS)) {
    violations.push({
      pointer: '/autoStop/holdMinutes',
      detail: `must be more than 0 and at most ${LONGEST_HOLD_MS / MINUTE_MS}`,
    });
  }
  if (lifetime !== undefined && !(lifetime > 0 && lifetime * MINUTE_MS <= LONGEST_LIFETIME_MS)) {
    violations.push({
      pointer: '/maxLifetimeMinutes',
      detail: `must be more than 0 and at most ${LONGEST_LIFETIME_MS / MINUTE_MS}`,
    });
  }
  return violations;
}

function numberViolation(pointer: string, value: number | undefined, min: number, max: number): readonly FieldError[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [{ pointer, detail: `must be a whole number from ${min} to ${max}` }];
}

function lengthViolation(pointer: string, text: string | undefined, max: number): readonly FieldError[] {
  return text === undefined || text.length <= max ? [] : [{ pointer, detail: `must have at most ${max} characters` }];
}
