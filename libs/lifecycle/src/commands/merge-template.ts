import type { BillingMode, EnvVar, NetworkStorageMount, PortSpec, ToolSpec } from '@app/instance-store';
import type { NovitaTemplate } from '@app/novita-client';
import type { CreateInstanceRequest } from '../instance-commands.js';

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

const DEFAULT_PORTS: readonly PortSpec[] = [{ port: 8080, protocol: 'http' }];

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
