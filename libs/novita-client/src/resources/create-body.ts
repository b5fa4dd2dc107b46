import type { CreateInstanceInput } from '../novita-types.js';

/** The body of a create call as Novita wants it, which differs from its own answers in several places. */
export interface CreateBody {
  readonly name: string;
  readonly kind: 'gpu';
  readonly productId: string;
  readonly gpuNum: number;
  readonly rootfsSize: number;
  readonly imageUrl: string;
  readonly imageAuthId?: string;
  /** One text, `80/http,3306/tcp`; an edit takes objects. */
  readonly ports?: string;
  readonly envs?: readonly { readonly key: string; readonly value: string }[];
  /** Ports of tools are texts. */
  readonly tools?: readonly { readonly name: string; readonly port: string; readonly type: string }[];
  readonly command?: string;
  readonly entrypoint?: string;
  readonly clusterId?: string;
  /** With a capital I. */
  readonly networkStorages?: readonly { readonly Id: string; readonly mountPoint: string }[];
  readonly billingMode: string;
  readonly month?: number;
  readonly minCudaVersion?: string;
}

/** @param input what to create; what is absent or empty in it is left to Novita's defaults */
export function createBody(input: CreateInstanceInput): CreateBody {
  const { ports = [], envs = [], tools = [], networkStorages = [] } = input;
  return {
    name: input.name,
    kind: input.kind,
    productId: input.productId,
    gpuNum: input.gpuNum,
    rootfsSize: input.rootfsSize,
    imageUrl: input.imageUrl,
    billingMode: input.billingMode,
    ...(input.imageAuthId === undefined ? {} : { imageAuthId: input.imageAuthId }),
    ...(ports.length === 0 ? {} : { ports: ports.map(({ port, type }) => `${port}/${type}`).join(',') }),
    ...(envs.length === 0 ? {} : { envs: envs.map(({ key, value }) => ({ key, value })) }),
    ...(tools.length === 0 ? {} : { tools: tools.map(({ name, port, type }) => ({ name, port: String(port), type })) }),
    ...(input.command === undefined ? {} : { command: input.command }),
    ...(input.entrypoint === undefined ? {} : { entrypoint: input.entrypoint }),
    ...(input.clusterId === undefined ? {} : { clusterId: input.clusterId }),
    ...(networkStorages.length === 0
      ? {}
      : { networkStorages: networkStorages.map(({ id, mountPoint }) => ({ Id: id, mountPoint })) }),
    ...(input.months === undefined ? {} : { month: input.months }),
    ...(input.minCudaVersion === undefined ? {} : { minCudaVersion: input.minCudaVersion }),
  };
}

/** Texts of a create call that must not come back in an error message. */
export function secretsOf(input: CreateInstanceInput): readonly string[] {
  const texts = [...(input.envs ?? []).map((env) => env.value), input.command ?? '', input.entrypoint ?? ''];
  // The longest first: a secret that contains another one is taken out whole.
  return texts.filter((text) => text !== '').sort((a, b) => b.length - a.length);
}
