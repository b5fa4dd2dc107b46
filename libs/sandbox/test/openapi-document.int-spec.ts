import { describe, expect, it } from 'vitest';
import { OpenApiDocument } from './openapi-document.js';

const document = new OpenApiDocument();

const INSTANCE = {
  id: '0123456789abcdef',
  name: 'a',
  clusterId: '1',
  status: 'running',
  imageUrl: 'image',
  cpuNum: '16',
  memory: '62',
  gpuNum: '1',
  productId: 'p',
  productName: 'P',
  rootfsSize: 60,
  billingMode: 'onDemand',
};

describe('the check of answers against the document', () => {
  it('accepts an answer that is as documented', () => {
    expect(document.faultsOf('listInstances', 200, { instances: [INSTANCE], total: 1 })).toEqual([]);
    expect(document.faultsOf('getInstance', 200, INSTANCE)).toEqual([]);
  });

  it.each([
    ['a number where a numeric string is documented', 'getInstance', 200, { ...INSTANCE, gpuNum: 1 }],
    ['a string where a number is documented', 'getInstance', 200, { ...INSTANCE, rootfsSize: '60' }],
    ['a status that does not exist', 'getInstance', 200, { ...INSTANCE, status: 'ready' }],
    ['an id that is not 16 hexadecimal digits', 'getInstance', 200, { ...INSTANCE, id: 'xyz' }],
    ['a bad item deep in a list', 'listInstances', 200, { instances: [INSTANCE, { ...INSTANCE, name: 1 }], total: 2 }],
    ['a missing total', 'listInstances', 200, { instances: [] }],
    ['a wrapped single instance', 'getInstance', 200, { instance: INSTANCE }],
    ['an error without a reason', 'getInstance', 400, { code: 400, message: 'm' }],
    ['an error whose code is a string', 'getInstance', 401, { code: '401', reason: 'R', message: 'm' }],
    ['a status that is not documented', 'getInstance', 404, { code: 404, reason: 'R', message: 'm' }],
  ])('refuses %s', (_, operationId, status, body) => {
    expect(document.faultsOf(operationId, status, body)).not.toEqual([]);
  });
});
