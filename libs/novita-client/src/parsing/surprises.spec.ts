import { describe, expect, it } from 'vitest';
import { BILL_LINE, CLUSTER, GPU_PRODUCT, INSTANCE, JOB, listAnswer } from './expected-answers.js';
import { surpriseOfReason, surprisesOf } from './surprises.js';

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
    expect(surprisesOf(INSTANCE, PLAIN)).toEqual([]);
  });

  it.each([
    [{ status: 'thawing' }, 'status', 'instance.status thawing'],
    [{ spotStatus: 'evicted' }, 'status', 'instance.spotStatus evicted'],
    [{ billingMode: 'yearly' }, 'type', 'instance.billingMode yearly'],
    [{ thermalZone: 'x' }, 'field', 'instance.thermalZone'],
    [{ portMappings: {} }, 'type', 'instance.portMappings is object'],
    [{ rootfsSize: true }, 'type', 'instance.rootfsSize is boolean'],
    [{ name: undefined }, 'missing', 'instance.name'],
  ])('%o is a %s', (members, kind, name) => {
    const sent = JSON.parse(JSON.stringify({ ...PLAIN, ...members })) as Record<string, unknown>;
    expect(surprisesOf(INSTANCE, sent)).toEqual([{ kind, name }]);
  });

  it('never shows a value', () => {
    const found = surprisesOf(INSTANCE, {
      ...PLAIN,
      status: 'pw-0123 secret',
      'key sk_live_1': 'a',
      sshPassword: 12,
    });
    expect(JSON.stringify(found)).not.toMatch(/0123|sk_live|12/);
    expect(found.map(({ kind }) => kind)).toEqual(['field', 'type', 'status']);
  });
});

describe('what is unknown of other things', () => {
  it.each([
    [CLUSTER, { id: '1', name: 'EU-01', tier: 'gold' }, ['field cluster.tier']],
    [GPU_PRODUCT, { id: 'p', name: 'n', availableDeploy: true }, ['missing product.price']],
    [
      GPU_PRODUCT,
      { id: 'p', name: 'n', availableDeploy: true, price: 35_000, billingMethods: ['onDemand', 'yearly'] },
      ['type product.billingMethods yearly'],
    ],
    [JOB, { Id: 'j', type: 'saveImage', state: { state: 'paused' } }, ['status job.state paused']],
    [JOB, { Id: 'j', type: 'saveImage', state: 'success' }, []],
    [BILL_LINE, { startTime: '1', endTime: '2', amount: 3, ownerID: 'i', currency: 'EUR' }, ['field bill.currency']],
    [listAnswer('clusters', 'data'), { data: [], total: 0, cursor: '' }, ['field clusters.cursor']],
  ])('of %o', (what, item, found) => {
    expect(surprisesOf(what, item).map(({ kind, name }) => `${kind} ${name}`)).toEqual(found);
  });
});

it('a reason that is documented, or none, is no surprise', () => {
  expect(surpriseOfReason(undefined)).toBeNull();
  expect(surpriseOfReason('INSUFFICIENT_RESOURCE')).toBeNull();
  expect(surpriseOfReason('LIST_BILL_TOO_FAST')).toBeNull();
  expect(surpriseOfReason('MOON_PHASE')).toEqual({ kind: 'reason', name: 'MOON_PHASE' });
});
