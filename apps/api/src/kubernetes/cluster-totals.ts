import type { Resource } from '@app/kubernetes-source';

/* What pods and nodes add up to: pure functions of what is kept of them. */

export const POD_PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;
export type PodPhase = (typeof POD_PHASES)[number];

const GPU = 'nvidia.com/gpu';

export interface PodFacts {
  /** Null while it is not scheduled. */
  readonly node: string | null;
  readonly phase: PodPhase;
  /** What it keeps of GPUs; none once it is over. */
  readonly gpus: number;
}

export interface NodeFacts {
  readonly name: string;
  /** Null when the node does not say. */
  readonly allocatableGpus: number | null;
  readonly isReady: boolean;
}

export interface NodeTotals {
  /** Null for a node that pods name and the mirror does not have. */
  facts: NodeFacts | null;
  pods: number;
  readonly byPhase: Record<PodPhase, number>;
  requestedGpus: number;
}

export interface ClusterTotals {
  readonly byNode: Map<string, NodeTotals>;
  /** Of pods that no node has. */
  readonly unscheduled: NodeTotals;
  readonly byPhase: Record<PodPhase, number>;
}

export function emptyTotals(): ClusterTotals {
  return { byNode: new Map(), unscheduled: nothingOn(null), byPhase: noPhases() };
}

export function addNode(totals: ClusterTotals, facts: NodeFacts): void {
  totals.byNode.set(facts.name, nothingOn(facts));
}

/** After the nodes. */
export function addPod(totals: ClusterTotals, { node, phase, gpus }: PodFacts): void {
  const place = node === null ? totals.unscheduled : (totals.byNode.get(node) ?? nothingOn(null));
  if (node !== null) totals.byNode.set(node, place);
  place.pods++;
  place.byPhase[phase]++;
  place.requestedGpus += gpus;
  totals.byPhase[phase]++;
}

function nothingOn(facts: NodeFacts | null): NodeTotals {
  return { facts, pods: 0, byPhase: noPhases(), requestedGpus: 0 };
}

function noPhases(): Record<PodPhase, number> {
  return { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };
}

export function podFactsOf({ json }: Resource): PodFacts {
  const { spec, status } = partsOf(json);
  const said = status['phase'];
  const phase = POD_PHASES.find((known) => known === said) ?? 'Unknown';
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const node = spec['nodeName'];
  return {
    node: typeof node === 'string' && node !== '' ? node : null,
    phase,
    gpus: isOver ? 0 : gpusOf(spec),
  };
}

/** Containers run together; those that initialise run before them, one after the other. */
function gpusOf(spec: Parts): number {
  const together = listOf(spec['containers']).reduce((sum, container) => sum + requestOf(container), 0);
  return Math.max(together, ...listOf(spec['initContainers']).map(requestOf));
}

/** A limit of an extended resource is its request. */
function requestOf(container: Parts): number {
  const { requests, limits } = objectOf(container['resources']);
  return gpuCount(objectOf(requests)[GPU]) ?? gpuCount(objectOf(limits)[GPU]) ?? 0;
}

export function nodeFactsOf({ json, name }: Resource): NodeFacts {
  const { status } = partsOf(json);
  const isReady = listOf(status['conditions']).some(({ type, status }) => type === 'Ready' && status === 'True');
  const allocatable = status['allocatable'];
  const allocatableGpus = allocatable === undefined ? null : (gpuCount(objectOf(allocatable)[GPU]) ?? 0);
  return { name, allocatableGpus, isReady };
}

/** A quantity of an extended resource is a whole number. */
function gpuCount(quantity: unknown): number | null {
  const text = typeof quantity === 'number' ? String(quantity) : quantity;
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

type Parts = Readonly<Record<string, unknown>>;

function partsOf(json: string): { readonly spec: Parts; readonly status: Parts } {
  const { spec, status } = objectOf(JSON.parse(json));
  return { spec: objectOf(spec), status: objectOf(status) };
}

function objectOf(value: unknown): Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Parts) : {};
}

function listOf(value: unknown): readonly Parts[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}
