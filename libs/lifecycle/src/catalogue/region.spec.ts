import type { NovitaCluster } from '@app/novita-client';
import { describe, expect, it } from 'vitest';
import { findCluster, isAnyRegion, isSameRegion, unknownRegion } from './region.js';

const cluster = (id: string, name: string): NovitaCluster => ({
  id,
  name,
  availableGpuTypes: [],
  supportsNetworkStorage: true,
  supportsInstanceNetwork: true,
});
const HK = cluster('1', 'CN-HK-01');
const CA = cluster('us-ca-6', 'US-CA-06 (California)');
const EU = cluster('3', 'EU-01');
const CLUSTERS = [HK, CA, EU];

describe('findCluster', () => {
  it.each([
    ['CN-HK-01', HK],
    ['cn-hk-01', HK],
    ['1', HK],
    ['US-CA-06', CA],
    ['US-CA-06 (California)', CA],
    ['us-ca-6', CA],
    [' US-CA-6 ', CA],
    ['EU-01 (Frankfurt)', EU],
    ['US-CA-06 (Nevada)', null],
    ['EU', null],
    ['', null],
  ])('reads %s', (region, expected) => {
    expect(findCluster(CLUSTERS, region)).toBe(expected);
  });
});

describe('names of regions', () => {
  it('mean the same with and without the place, in any case', () => {
    expect(isSameRegion('US-CA-06 (California)', 'us-ca-06')).toBe(true);
    expect(isSameRegion('US-CA-06', 'US-CA-05')).toBe(false);
  });

  it('have one name for any of them', () => {
    expect([' ANY ', 'any', 'anywhere'].map(isAnyRegion)).toEqual([true, true, false]);
  });

  it('are named in the problem when one is not known', () => {
    const problem = unknownRegion('EU-1', CLUSTERS);
    expect(problem.type.status).toBe(422);
    expect(problem.details.errors).toEqual([{ pointer: '/region', detail: 'No such region: "EU-1"' }]);
    expect(problem.details.extensions?.['nearest']).toContain('EU-01');
  });
});
