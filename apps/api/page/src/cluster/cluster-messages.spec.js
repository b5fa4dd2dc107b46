import { describe, expect, it } from 'vitest';
import {
  clusterFigures,
  gpusOf,
  phasesOf,
  restOfNodes,
  shortage,
  stateOfKind,
  stateOfNode,
} from './cluster-messages.js';

const NONE = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };
const summary = {
  kinds: [],
  pods: { total: 1_200, unscheduled: 2, byPhase: { ...NONE, Running: 1_100, Pending: 100 } },
  nodes: [],
  totalNodes: 0,
  gpus: { requested: 12, unscheduled: 2, allocatable: 16, rented: 8 },
};

describe('the figures of a cluster', () => {
  it('are counts with what belongs beside them', () => {
    expect(clusterFigures(summary)).toEqual({
      pods: { text: '1,100', note: 'of 1,200' },
      requested: { text: '12', note: '2 by pods without a node' },
      allocatable: { text: '16', note: '' },
      rented: { text: '8', note: '' },
    });
  });

  it('are not known where nothing was read, and say why', () => {
    expect(clusterFigures({ ...summary, pods: null, gpus: null }).pods).toEqual({ text: null, note: 'not read yet' });
    const unknown = { requested: 0, unscheduled: 0, allocatable: null, rented: null };
    expect(clusterFigures({ ...summary, gpus: unknown })).toMatchObject({
      requested: { text: '0', note: '' },
      allocatable: { text: null, note: 'no node says' },
      rented: { text: null, note: 'not listed yet' },
    });
  });

  it('warn when more is asked for than is rented, and only when both are known', () => {
    expect(shortage(summary)).toBe('Pods ask for 4 GPUs more than the 8 that are rented.');
    expect(shortage({ ...summary, gpus: { ...summary.gpus, rented: 12 } })).toBe('');
    expect(shortage({ ...summary, gpus: { ...summary.gpus, rented: null } })).toBe('');
    expect(shortage({ ...summary, gpus: null })).toBe('');
  });
});

it.each([
  [0, 0, 'No pod stands on a node.'],
  [2, 2, ''],
  [2, 300, '2 of 300 nodes are shown, those with the most GPUs asked for.'],
  [0, null, 'Which nodes there are is not known.'],
  [2, null, '2 that pods name are shown; how many nodes there are is not known.'],
])('of %i nodes that are shown, of %s, it is said: %s', (shown, totalNodes, text) => {
  const node = { name: 'n', ready: null, pods: 1, byPhase: NONE, requestedGpus: 0, allocatableGpus: null };
  expect(restOfNodes({ ...summary, nodes: Array.from({ length: shown }, () => node), totalNodes })).toBe(text);
});

it.each([
  [{ asOf: '2026-03-01T10:00:00.000Z', stale: false }, 'Current', 'ok'],
  [{ asOf: '2026-03-01T10:00:00.000Z', stale: true, error: 'refused' }, 'Not followed', 'warn'],
  [{ stale: false }, 'Not read', 'idle'],
  [{ stale: true, error: 'forbidden' }, 'Not read', 'bad'],
])('a kind with %j is %s', (kind, text, tone) => {
  expect(stateOfKind({ kind: 'Pod', count: null, ...kind })).toEqual({ text, tone });
});

it('a node says its state, its pods by phase, and its GPUs as far as they are known', () => {
  const node = {
    name: 'gpu-1',
    ready: true,
    pods: 3,
    byPhase: { ...NONE, Running: 2, Succeeded: 1 },
    requestedGpus: 2,
    allocatableGpus: 8,
  };
  expect(stateOfNode(node)).toEqual({ text: 'Ready', tone: 'ok' });
  expect(stateOfNode({ ...node, ready: false }).text).toBe('Not ready');
  expect(stateOfNode({ ...node, ready: null }).text).toBe('Not mirrored');
  expect(phasesOf(node)).toBe('2 running, 1 done');
  expect([gpusOf(node), gpusOf({ ...node, allocatableGpus: null })]).toEqual(['2 of 8', '2']);
});
