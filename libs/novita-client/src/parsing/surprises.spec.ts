import { describe, expect, it } from 'vitest';
import { surpriseOfReason, surprisesOfInstance } from './surprises.js';

const PLAIN = {
  id: 'a',
  name: 'n',
  status: 'running',
  statusError: { state: '', message: '' },
  cpuNum: '8',
  rootfsSize: 60,
  billingMode: 'onDemand',
  spotStatus: '',
  portMappings: [],
  templateId: null,
};

describe('what is unknown of an instance', () => {
  it('is nothing of one as it was documented', () => {
    expect(surprisesOfInstance(PLAIN)).toEqual([]);
  });

  it.each([
    [{ status: 'thawing' }, 'status', 'instance.status thawing'],
    [{ spotStatus: 'evicted' }, 'status', 'instance.spotStatus evicted'],
    [{ billingMode: 'yearly' }, 'type', 'instance.billingMode yearly'],
    [{ thermalZone: 'x' }, 'field', 'instance.thermalZone'],
    [{ portMappings: {} }, 'type', 'instance.portMappings is object'],
    [{ rootfsSize: true }, 'type', 'instance.rootfsSize is boolean'],
  ])('%o is a %s', (members, kind, name) => {
    expect(surprisesOfInstance({ ...PLAIN, ...members })).toEqual([{ kind, name }]);
  });

  it('never shows a value', () => {
    const found = surprisesOfInstance({ ...PLAIN, status: 'pw-0123 secret', 'key sk_live_1': 'a', sshPassword: 12 });
    expect(JSON.stringify(found)).not.toMatch(/0123|sk_live|12/);
    expect(found.map(({ kind }) => kind)).toEqual(['field', 'type', 'status']);
  });
});

it('a reason that is documented, or none, is no surprise', () => {
  expect(surpriseOfReason(undefined)).toBeNull();
  expect(surpriseOfReason('INSUFFICIENT_RESOURCE')).toBeNull();
  expect(surpriseOfReason('MOON_PHASE')).toEqual({ kind: 'reason', name: 'MOON_PHASE' });
});
