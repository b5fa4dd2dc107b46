import type { ListingVerdict, NovitaCluster, NovitaJob, Page } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { FakeClock, partialNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeMirror } from '../../test/fakes/run-world.js';
import { CataloguePass, isMirroredKind } from './catalogue-pass.js';

Logger.overrideLogger(false);

const jobOf = (id: string): NovitaJob => ({
  id,
  type: 'instanceMigrate',
  state: 'success',
  errorMessage: null,
  instanceId: null,
  createdAt: null,
});
const CLUSTER: NovitaCluster = {
  id: 'c',
  name: 'CN-HK-01',
  availableGpuTypes: [],
  supportsNetworkStorage: true,
  supportsInstanceNetwork: true,
};

const NEVER = new AbortController().signal;
const verdict = (clean: boolean): ListingVerdict => ({
  clean,
  reason: clean ? null : 'the total changed',
  startedAt: timestampFromMs(0),
  total: 3,
  distinct: 3,
  pages: 2,
});
const page = (ids: readonly string[], index: number, end: ListingVerdict | null): Page<NovitaJob> => ({
  items: ids.map(jobOf),
  total: 3,
  malformed: [],
  index,
  verdict: end,
});

describe('a list of the provider', () => {
  const clock = new FakeClock();
  let mirror: FakeMirror;
  let listings: readonly (readonly Page<NovitaJob>[])[];
  let listed: number;
  let progress: [number, number | null][];
  let pass: CataloguePass;

  beforeEach(() => {
    mirror = new FakeMirror();
    listed = 0;
    progress = [];
    const jobs = async function* (): AsyncGenerator<Page<NovitaJob>> {
      yield* listings[listed++] ?? [];
    };
    const clusters = () => {
      clock.advance(500);
      return Promise.resolve([CLUSTER]);
    };
    pass = new CataloguePass(partialNovita({ account: { jobs }, catalogue: { clusters } }), mirror, clock);
  });

  const context = (dryRun = false) => ({
    dryRun,
    signal: NEVER,
    onProgress: (count: number, total: number | null) => void progress.push([count, total]),
  });

  it('is kept as of the time when it was asked for', async () => {
    const asOf = clock.timestamp();
    expect(await pass.run('clusters', context())).toEqual({ items: [CLUSTER], note: null });
    expect(mirror.kept.get('clusters')).toEqual({ items: [CLUSTER], asOf });
    expect(progress).toEqual([[1, 1]]);
  });

  it('is put together from its pages, each item once', async () => {
    listings = [[page(['a', 'b'], 0, null), page(['b', 'c'], 1, verdict(true))]];
    expect((await pass.run('jobs', context())).items.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(progress).toEqual([
      [2, 3],
      [3, 3],
    ]);
  });

  it('is listed again when it is unclean, and kept as it is after three tries', async () => {
    const unclean = [page(['a', 'b'], 0, verdict(false))];
    listings = [unclean, [page(['a', 'b', 'c'], 0, verdict(true))]];
    expect(await pass.run('jobs', context())).toMatchObject({ note: null });
    expect(listed).toBe(2);

    listed = 0;
    listings = [unclean, unclean, unclean, unclean];
    expect((await pass.run('jobs', context())).note).toBe('the listing was unclean: the total changed');
    expect(listed).toBe(3);
    expect(mirror.kept.get('jobs')?.items).toHaveLength(2);
  });

  it('is not kept in a dry run, nor by a run that is to end', async () => {
    await pass.run('clusters', context(true));
    const stopped = { ...context(), signal: AbortSignal.abort(new Error('stop')) };
    await expect(pass.run('clusters', stopped)).rejects.toThrow('stop');
    expect(mirror.kept.size).toBe(0);
  });

  it('is one of eight kinds', () => {
    expect(['jobs', 'instances', 'toString'].map(isMirroredKind)).toEqual([true, false, false]);
  });
});

describe('prices', () => {
  it('are unknown when nothing can be read, and that is no failure', async () => {
    const mirror = new FakeMirror();
    mirror.read = () => Promise.reject(new Error('away'));
    const pass = new CataloguePass(partialNovita({}), mirror, new FakeClock());
    const prices = await pass.prices({ 'gpu-products': Promise.reject(new Error('500')) });
    expect(prices.usdPerHour({ productId: 'x', productName: 'x', gpuNum: 1, billingMode: null })).toBeNull();
  });
});
