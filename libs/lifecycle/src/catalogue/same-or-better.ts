import type { NovitaGpuProduct } from '@app/novita-client';

/*
 * What "at least as good" means of a product that is to take another one's place. A program that ran on the one must run
 * on the other, no slower and in no less memory; so in doubt the answer is no.
 */

/** Names of generations, in the order of time. */
type Generation = 'ampere' | 'ada' | 'hopper' | 'blackwell';

/** What the maker states of one model of GPU, whatever its memory. */
interface GpuModel {
  readonly generation: Generation;
  /** Dense FP16 with FP32 accumulation on the tensor cores, TFLOPS. */
  readonly tflops: number;
  /** Of the memory, GB/s. */
  readonly bandwidth: number;
}

/**
 * By the name without its memory, in small letters; from NVIDIA's data sheets. The slowest variant counts where a name
 * stands for several (PCIe and SXM).
 */
const MODELS: ReadonlyMap<string, GpuModel> = new Map([
  ['rtx 3090', { generation: 'ampere', tflops: 71, bandwidth: 936 }],
  ['rtx a6000', { generation: 'ampere', tflops: 155, bandwidth: 768 }],
  ['a100', { generation: 'ampere', tflops: 312, bandwidth: 1_555 }],
  ['a100 sxm4', { generation: 'ampere', tflops: 312, bandwidth: 2_039 }],
  ['l4', { generation: 'ada', tflops: 121, bandwidth: 300 }],
  ['rtx 4090', { generation: 'ada', tflops: 165, bandwidth: 1_008 }],
  ['rtx 6000 ada', { generation: 'ada', tflops: 364, bandwidth: 960 }],
  ['l40s', { generation: 'ada', tflops: 362, bandwidth: 864 }],
  ['h100', { generation: 'hopper', tflops: 756, bandwidth: 2_000 }],
  ['h100 sxm', { generation: 'hopper', tflops: 989, bandwidth: 3_350 }],
  ['h200', { generation: 'hopper', tflops: 835, bandwidth: 4_800 }],
  ['h200 sxm', { generation: 'hopper', tflops: 989, bandwidth: 4_800 }],
  ['rtx 5090', { generation: 'blackwell', tflops: 209, bandwidth: 1_792 }],
  ['b200', { generation: 'blackwell', tflops: 2_250, bandwidth: 8_000 }],
]);

/**
 * Where a program of one generation runs as it is. Images made for the older ones carry no code for Blackwell unless they
 * were built with CUDA 12.8 or later, so it takes nobody else's place.
 */
const RUNS_ON: Readonly<Record<Generation, ReadonlySet<Generation>>> = {
  ampere: new Set(['ampere', 'ada', 'hopper']),
  ada: new Set(['ada', 'hopper']),
  hopper: new Set(['hopper']),
  blackwell: new Set(['blackwell']),
};

/** A product's name, such as `RTX 4090 24GB`, read as its model and the memory of one GPU. */
interface NamedGpu {
  readonly model: string;
  readonly memoryGb: number;
}

const NAME = /^(.+?)[\s-]+(\d{1,4})\s?GB$/i;

/** @returns null for a name that does not state the memory */
export function namedGpu(productName: string): NamedGpu | null {
  const match = NAME.exec(productName.trim().replace(/\s+/g, ' '));
  const [, model, memory] = match ?? [];
  return model === undefined || memory === undefined ? null : { model: model.toLowerCase(), memoryGb: Number(memory) };
}

export type ProductFacts = Pick<NovitaGpuProduct, 'name' | 'cpuPerGpu' | 'memoryPerGpu' | 'diskPerGpu'>;

/**
 * Whether one GPU of a product is at least as good as one of another: of the same model, or of a model that is faster in
 * every respect and runs the same programs; with as much memory; and with as many CPUs, as much RAM and local disk beside
 * it. A model that is not known here is as good as itself only. A partial order: of two products it may hold neither way.
 */
export function isAtLeastAsGood(offered: ProductFacts, present: ProductFacts): boolean {
  const [one, other] = [namedGpu(offered.name), namedGpu(present.name)];
  if (one === null || other === null) return false;
  return (
    isModelAtLeastAsGood(one.model, other.model) &&
    one.memoryGb >= other.memoryGb &&
    offered.cpuPerGpu >= present.cpuPerGpu &&
    offered.memoryPerGpu >= present.memoryPerGpu &&
    offered.diskPerGpu >= present.diskPerGpu
  );
}

function isModelAtLeastAsGood(offered: string, present: string): boolean {
  if (offered === present) return true;
  const [one, other] = [MODELS.get(offered), MODELS.get(present)];
  if (one === undefined || other === undefined) return false;
  const runs = RUNS_ON[other.generation].has(one.generation);
  return runs && one.tflops >= other.tflops && one.bandwidth >= other.bandwidth;
}
