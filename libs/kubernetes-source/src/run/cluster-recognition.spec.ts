import { describe, expect, it } from 'vitest';
import { anObject } from '../../test/support/objects.js';
import { ApiserverError, type ApiserverErrorKind } from '../client/apiserver-error.js';
import type { ListPage } from '../client/list-reader.js';
import { identityOf, isAnotherCluster } from './cluster-recognition.js';

const ADDRESS = 'https://k8s.test/ public';
const { signal } = new AbortController();

const clientThat = (list: () => ListPage) => ({ address: ADDRESS, list: async () => list() });
const page = (...names: readonly string[]): ListPage => ({
  objects: names.map((name) => anObject(name, '1', { uid: `uid of ${name}` })),
  version: '1',
  continueToken: null,
  remaining: null,
  bytes: 1,
});

describe('the identity of a cluster', () => {
  it('is its oldest namespace, and nothing else that it lists', async () => {
    await expect(
      identityOf(
        clientThat(() => page('kube-system')),
        signal,
      ),
    ).resolves.toEqual({
      uid: 'uid of kube-system',
      address: ADDRESS,
    });
    for (const other of [page(), page('default')]) {
      expect(
        (
          await identityOf(
            clientThat(() => other),
            signal,
          )
        ).uid,
      ).toBeNull();
    }
  });

  it.each<[ApiserverErrorKind, boolean]>([
    ['forbidden', true],
    ['absent', false],
    ['unreachable', false],
    ['unauthorized', false],
  ])('where it is %s is its address: %s', async (kind, isKnown) => {
    const asked = identityOf(
      clientThat(() => {
        throw new ApiserverError(kind, 'no');
      }),
      signal,
    );
    if (isKnown) await expect(asked).resolves.toEqual({ uid: null, address: ADDRESS });
    else await expect(asked).rejects.toMatchObject({ kind });
  });

  it.each([
    [{ uid: 'a', address: '1' }, { uid: 'a', address: '2' }, false],
    [{ uid: 'a', address: '1' }, { uid: 'b', address: '1' }, true],
    [{ uid: null, address: '1' }, { uid: 'b', address: '2' }, false],
    [{ uid: 'a', address: '1' }, { uid: null, address: '2' }, false],
    [{ uid: null, address: '1' }, { uid: null, address: '2' }, false],
  ])('%j and %j are certainly two: %s', (one, other, areTwo) => {
    expect(isAnotherCluster(one, other)).toBe(areTwo);
  });
});
