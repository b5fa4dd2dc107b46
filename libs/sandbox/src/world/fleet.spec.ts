import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from './fleet.js';
import { InstanceRecord, type InstanceSpec } from './instance-record.js';

const SPEC = {} as InstanceSpec;
const even = ({ order }: InstanceRecord): boolean => order % 2 === 0;
const record = (order: number, name: string): InstanceRecord => new InstanceRecord(`id-${order}`, order, name, SPEC, 0);

describe('Fleet', () => {
  it('pages and searches like a plain list, whatever was added and dropped', () => {
    const acts = fc.array(
      fc.record({ name: fc.stringMatching(/^[a-cA-C]{1,4}$/), drop: fc.option(fc.nat(60), { nil: null }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(acts, fc.stringMatching(/^[a-c]{1,2}$/), fc.nat(20), fc.nat(20), (steps, part, start, size) => {
        const fleet = new Fleet();
        let plain: InstanceRecord[] = [];
        for (const [order, { name, drop }] of steps.entries()) {
          const added = record(order, name);
          fleet.add(added);
          plain = [added, ...plain];
          const gone = drop === null ? undefined : plain.find((candidate) => candidate.order === drop);
          if (gone !== undefined) {
            fleet.drop(gone);
            plain = plain.filter((candidate) => candidate !== gone);
          }
        }
        expect(fleet.size).toBe(plain.length);
        expect(fleet.newestFirst(start, start + size)).toEqual(plain.slice(start, start + size));
        expect(fleet.withName(part)).toEqual(plain.filter(({ name }) => name.toLowerCase().includes(part)));
        expect(fleet.count(even)).toBe(plain.filter(even).length);
        expect(fleet.newestMatching(even, start, start + size)).toEqual(plain.filter(even).slice(start, start + size));
      }),
    );
  });

  it('keeps names apart that lie in one chunk, and finds them over many', () => {
    const fleet = new Fleet();
    for (let order = 0; order < 2_000; order++) fleet.add(record(order, `trainer-${order}`));
    expect(fleet.withName('trainer-1999').map(({ order }) => order)).toEqual([1999]);
    expect(fleet.withName('1\ntrainer')).toEqual([]);
    expect(fleet.withName('trainer')).toHaveLength(2_000);
  });

  it('ignores a drop of what is not there', () => {
    const fleet = new Fleet();
    const one = record(0, 'a');
    fleet.add(one);
    fleet.drop(one);
    fleet.drop(one);
    expect([fleet.size, fleet.get(one.id), fleet.withName('a')]).toEqual([0, undefined, []]);
  });
});
