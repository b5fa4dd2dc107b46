import { type NovitaInstanceId, nameAtProvider, type StoredInstance } from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { aListedInstance } from '../../test/support/fake-live-novita.js';
import { isForeign, mergeFleet } from './merge-fleet.js';

const record = (change: InstanceOverrides): StoredInstance => ({ record: anInstance(change), lastUsedAt: null });
const id = (text: string): NovitaInstanceId => text as NovitaInstanceId;
const listed = (...instances: NovitaInstance[]): ReadonlyMap<NovitaInstanceId, NovitaInstance> =>
  new Map(instances.map((instance) => [instance.id, instance]));

describe('mergeFleet', () => {
  it('says where each instance is', () => {
    const both = record({ novitaInstanceId: id('a') });
    const adopted = record({ novitaInstanceId: id('b'), origin: 'adopted' });
    const gone = record({ novitaInstanceId: id('c') });
    const creating = record({});
    const discovered = record({ novitaInstanceId: id('d'), origin: 'discovered' });
    const left = record({ novitaInstanceId: id('e'), origin: 'discovered' });
    const merged = mergeFleet(
      [both, adopted, gone, creating, discovered, left],
      listed(...['a', 'b', 'd', 'x'].map((text) => aListedInstance(text))),
    );
    expect(merged.map((item) => [item.stored, item.novita?.id ?? null, item.presence, isForeign(item)])).toEqual([
      [both, 'a', 'both', false],
      [adopted, 'b', 'both', false],
      [gone, null, 'local-only', false],
      [creating, null, 'local-only', false],
      [discovered, 'd', 'novita-only', true],
      [left, null, 'local-only', true],
      [null, 'x', 'novita-only', true],
    ]);
  });

  it('finds one whose id nobody has learned yet by its marker, and only that one', () => {
    const creating = record({ name: 'llama', marker: '-nff1a2cdefghjkmn' });
    const other = record({ novitaInstanceId: id('b'), marker: '-nff1a2cdefghjkmp' });
    const merged = mergeFleet(
      [creating, other],
      listed(
        aListedInstance('a', { name: nameAtProvider('llama', '-nff1a2cdefghjkmn') }),
        aListedInstance('z', { name: nameAtProvider('x', '-nff1a2cdefghjkmp') }),
      ),
    );
    expect(merged.map(({ novita, presence }) => [novita?.id ?? null, presence])).toEqual([
      ['a', 'both'],
      [null, 'local-only'],
      ['z', 'novita-only'],
    ]);
  });

  it('shows each listed instance once', () => {
    const merged = mergeFleet([record({ novitaInstanceId: id('a') })], listed(aListedInstance('a')));
    expect(merged).toHaveLength(1);
  });
});
