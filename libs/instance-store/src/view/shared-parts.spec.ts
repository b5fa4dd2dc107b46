import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstanceRecord } from '../record/instance.js';
import { SharedParts } from './shared-parts.js';

/** As it is read from the store: it shares nothing. */
const read = (record: InstanceRecord): InstanceRecord => JSON.parse(JSON.stringify(record)) as InstanceRecord;

const part = fc.record({
  ports: fc.array(fc.record({ port: fc.nat(), protocol: fc.constantFrom('http' as const, 'tcp' as const) }), {
    maxLength: 3,
  }),
  envs: fc.array(fc.record({ key: fc.string(), value: fc.string() }), { maxLength: 3 }),
  region: fc.option(fc.string()),
  image: fc.string(),
});

describe('the parts that records share', () => {
  it('change nothing of any record, whatever came before it', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), fc.nat({ max: 3 }), (specs, faults) => {
        const parts = new SharedParts();
        for (const spec of specs) {
          const attempts = { creates: 1, commands: 0, lastCommandAt: null, faults, openCreate: null };
          const record = anInstance({ spec, attempts });
          const compacted = parts.compact(read(record));
          expect(compacted).toStrictEqual(read(record));
          for (const held of [compacted, compacted.spec, compacted.spec.ports, compacted.spec.envs, compacted.attempts])
            expect(Object.isFrozen(held)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are held once', () => {
    const parts = new SharedParts();
    const [one, two] = [parts.compact(read(anInstance())), parts.compact(read(anInstance()))];
    expect(one.spec).toBe(two.spec);
    const withVariables = (value: string) =>
      parts.compact(read(anInstance({ spec: { envs: [{ key: 'MODEL', value }] } })));
    const [three, four] = [withVariables('a'), withVariables('b')];
    expect(three.spec).not.toBe(four.spec);
    for (const member of ['ports', 'tools', 'fallbacks'] as const) expect(three.spec[member]).toBe(four.spec[member]);
    for (const member of ['attempts', 'price', 'autoStop', 'probes'] as const) expect(one[member]).toBe(four[member]);
  });

  it('may be missing in a stored document', () => {
    const parts = new SharedParts();
    const { tools: _, ...spec } = anInstance().spec;
    for (let i = 0; i < 2; i++) {
      const record = read({ ...anInstance(), spec } as InstanceRecord);
      expect(parts.compact(record)).toEqual(record);
    }
  });
});
