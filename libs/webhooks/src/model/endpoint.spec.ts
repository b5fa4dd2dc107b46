import { expect, it } from 'vitest';
import { endpointIdFromUlid, endpointKind, GLOBAL_ENDPOINT_ID, instanceEndpointId, isEndpointId } from './endpoint.js';

it('tells the kinds of endpoints by their ids', () => {
  const ids = [
    [endpointIdFromUlid('01JQ7ZC8M4T5V6W7X8Y9ZABCDE'), 'managed'],
    [GLOBAL_ENDPOINT_ID, 'global'],
    [instanceEndpointId('https://hooks.example.com'), 'instance'],
  ] as const;
  for (const [id, kind] of ids) {
    expect(isEndpointId(id)).toBe(true);
    expect(endpointKind(id)).toBe(kind);
  }
  expect(instanceEndpointId('https://hooks.example.com')).toBe(instanceEndpointId('https://hooks.example.com'));
  expect(['', 'whe_', 'whe_x', 'whe_i0', 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'].filter(isEndpointId)).toEqual([]);
});
