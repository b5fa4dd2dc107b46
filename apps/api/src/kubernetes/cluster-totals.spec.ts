import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aResource } from '../../test/support/fake-kubernetes.js';
import { nodeFactsOf, podFactsOf } from './cluster-totals.js';

const asks = (gpus: string | number) => ({ resources: { requests: { 'nvidia.com/gpu': gpus } } });
const factsOf = (spec: object, status: object = { phase: 'Running' }) =>
  podFactsOf(aResource('Pod', 'a', { spec, status }));

describe('what a pod adds', () => {
  it.each([
    ['nothing', {}, 0],
    ['what its containers ask for together', { containers: [asks('1'), asks('2')] }, 3],
    ['a limit without a request', { containers: [{ resources: { limits: { 'nvidia.com/gpu': '4' } } }] }, 4],
    [
      'the request, not the limit',
      { containers: [{ resources: { ...asks('1').resources, limits: { 'nvidia.com/gpu': '4' } } }] },
      1,
    ],
    [
      'what one that initialises asks for, when that is more',
      { containers: [asks('1')], initContainers: [asks('2'), asks('2')] },
      2,
    ],
    ['nothing for a quantity that is none', { containers: [asks('half'), asks(-1), asks('1k')] }, 0],
  ])('of GPUs: %s', (_what, spec, gpus) => {
    expect(factsOf(spec).gpus).toBe(gpus);
  });

  it('is none of a pod that is over', () => {
    for (const phase of ['Succeeded', 'Failed']) {
      expect(factsOf({ nodeName: 'n', containers: [asks('2')] }, { phase })).toEqual({ node: 'n', phase, gpus: 0 });
    }
  });

  it('is on no node before it is scheduled, and of an unknown phase where it says none', () => {
    expect(factsOf({}, {})).toEqual({ node: null, phase: 'Unknown', gpus: 0 });
    expect(factsOf({ nodeName: '' }, { phase: 'Strange' })).toEqual({ node: null, phase: 'Unknown', gpus: 0 });
  });
});

describe('what a node adds', () => {
  const nodeOf = (status: object) => nodeFactsOf(aResource('Node', 'gpu-1', { status }));

  it('is what it lets pods have, and not known where it does not say', () => {
    const conditions = [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status: 'True' },
    ];
    expect(nodeOf({ allocatable: { 'nvidia.com/gpu': '8' }, conditions })).toEqual({
      name: 'gpu-1',
      allocatableGpus: 8,
      isReady: true,
    });
    expect(nodeOf({ allocatable: { cpu: '4' } })).toMatchObject({ allocatableGpus: 0, isReady: false });
    expect(nodeOf({})).toMatchObject({ allocatableGpus: null });
  });
});

it('reads any JSON object without a throw', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (spec, status) => {
      const resource = { ...aResource('Pod', 'a'), json: JSON.stringify({ spec, status }) };
      expect(podFactsOf(resource).gpus).toBeGreaterThanOrEqual(0);
      expect(nodeFactsOf(resource).name).toBe('a');
    }),
  );
});
