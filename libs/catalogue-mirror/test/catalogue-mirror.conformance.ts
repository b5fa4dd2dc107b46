import type { NovitaCluster } from '@app/novita-client';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { expect, it } from 'vitest';
import type { CatalogueMirror } from '../src/catalogue-mirror.js';

export interface MirrorHarness {
  /** A mirror in which nothing was written, and what it warns of. */
  readonly make: () => Promise<{ readonly mirror: CatalogueMirror; readonly warnings: readonly string[] }>;
}

/** Minutes after some time. */
export const at = (minutes: number): Timestamp => timestampFromMs(Date.UTC(2026, 0, 1) + minutes * 60_000);

export const cluster = (id: string, availableGpuTypes: readonly string[] = ['ü 💥']): NovitaCluster => ({
  id,
  name: `region ${id}`,
  availableGpuTypes,
  supportsNetworkStorage: true,
  supportsInstanceNetwork: false,
});

/** What every mirror does. */
export function catalogueMirrorConformance({ make }: MirrorHarness): void {
  it('knows nothing that was not written', async () => {
    const { mirror } = await make();
    expect(await mirror.read('clusters')).toBeNull();
    await mirror.write('clusters', [cluster('1')], at(0));
    expect(await mirror.read('gpu-products')).toBeNull();
  });

  it('gives back what was written, with its time; an empty list too', async () => {
    const { mirror } = await make();
    expect(await mirror.write('clusters', [cluster('1'), cluster('2')], at(0))).toBe(true);
    expect(await mirror.read('clusters')).toEqual({ items: [cluster('1'), cluster('2')], asOf: at(0) });
    expect(await mirror.write('jobs', [], at(0))).toBe(true);
    expect(await mirror.read('jobs')).toEqual({ items: [], asOf: at(0) });
  });

  it('takes only what was read later', async () => {
    const { mirror } = await make();
    await mirror.write('clusters', [cluster('1')], at(1));
    expect(await mirror.write('clusters', [cluster('2')], at(0))).toBe(false);
    expect(await mirror.write('clusters', [cluster('2')], at(1))).toBe(false);
    expect(await mirror.read('clusters')).toEqual({ items: [cluster('1')], asOf: at(1) });
    expect(await mirror.write('clusters', [cluster('2')], at(2))).toBe(true);
    expect(await mirror.read('clusters')).toEqual({ items: [cluster('2')], asOf: at(2) });
  });

  it('answers the same object while nothing has changed but the time', async () => {
    const { mirror } = await make();
    await mirror.write('clusters', [cluster('1')], at(0));
    const first = await mirror.read('clusters');
    expect(await mirror.write('clusters', [cluster('1')], at(1))).toBe(false);
    const second = await mirror.read('clusters');
    expect(second?.asOf).toBe(at(1));
    expect(second?.items).toBe(first?.items);
    await mirror.write('clusters', [cluster('1', [])], at(2));
    expect((await mirror.read('clusters'))?.items).toEqual([cluster('1', [])]);
  });

  it('hands out what nobody can change, and keeps nothing that others may change', async () => {
    const { mirror } = await make();
    const mine = { ...cluster('1'), availableGpuTypes: ['H100'] };
    await mirror.write('clusters', [mine], at(0));
    mine.availableGpuTypes.push('B200');
    const items = (await mirror.read('clusters'))?.items;
    expect(items).toEqual([cluster('1', ['H100'])]);
    expect([items, items?.[0], items?.[0]?.availableGpuTypes].every(Object.isFrozen)).toBe(true);
  });

  it('does not keep what is far too large, and says so', async () => {
    const { mirror, warnings } = await make();
    await mirror.write('clusters', [cluster('1')], at(0));
    expect(await mirror.write('clusters', [cluster('2', ['x'.repeat(8 * 1024 * 1024)])], at(1))).toBe(false);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^The list of clusters is not mirrored: \d+ bytes are more than 8388608$/);
    expect(await mirror.read('clusters')).toEqual({ items: [cluster('1')], asOf: at(0) });
  });
}
