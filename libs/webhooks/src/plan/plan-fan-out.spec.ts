import type { FeedEntry, InstanceId, InstanceRecord } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EndpointId,
  endpointIdFromUlid,
  instanceEndpointId,
  NO_FILTER,
  type WebhookEndpoint,
} from '../model/endpoint.js';
import { type FanOutScene, type KnownInstance, namedEndpoints, planFanOut, takes } from './plan-fan-out.js';

const at = timestampFromMs(Date.UTC(2026, 0, 1));
const HOOK = 'https://hooks.example.com/own';

const endpoint = (overrides: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  id: endpointIdFromUlid('01JQ7ZC8M4T5V6W7X8Y9ZABCDE'),
  kind: 'managed',
  url: 'https://hooks.example.com',
  description: null,
  types: [],
  filter: NO_FILTER,
  ordered: false,
  hold: false,
  state: { kind: 'active' },
  secrets: [],
  failingSince: null,
  deferredUntil: null,
  createdAt: at,
  createdBy: 'user:test',
  revision: 1,
  ...overrides,
});

const scene = (overrides: Partial<FanOutScene> = {}): FanOutScene => ({
  configured: [],
  ofInstances: new Map<EndpointId, WebhookEndpoint>(),
  known: new Map<InstanceId, KnownInstance>(),
  at,
  firstWaitMs: 0,
  render: (entry, sequence) => JSON.stringify({ id: entry.entryId, sequence }),
  ...overrides,
});

let entries = 0;
function entryOf(record: InstanceRecord, isRemoved = false): FeedEntry {
  const common = { entryId: `${++entries}-0`, at, instanceId: record.id, revision: record.revision };
  return isRemoved
    ? { ...common, type: 'instance.removed', record: null }
    : { ...common, type: 'instance.updated', record };
}

const runEntry: FeedEntry = {
  entryId: '9-0',
  at,
  type: 'sync.started',
  data: { runId: 'r', trigger: 'manual', startedAt: at, endedAt: null, error: null, changes: null, held: null },
};

describe('what an endpoint takes', () => {
  const instance: KnownInstance = {
    sequence: 1,
    name: 'Trainer-7',
    region: 'CN-HK-01',
    owner: 'ci',
    webhookUrl: null,
  };

  it.each([
    [{}, true],
    [{ types: ['instance.ready'] }, true],
    [{ types: ['instance.*'] }, true],
    [{ types: ['instance.read'] }, false],
    [{ types: ['sync.*', 'instance.failed'] }, false],
    [{ filter: { ...NO_FILTER, name: 'tRAIN' } }, true],
    [{ filter: { ...NO_FILTER, name: 'other' } }, false],
    [{ filter: { ...NO_FILTER, region: 'CN-HK-01' } }, true],
    [{ filter: { ...NO_FILTER, region: 'CN-HK' } }, false],
    [{ filter: { ...NO_FILTER, owner: 'ci' } }, true],
    [{ filter: { name: 'trainer', region: 'CN-HK-01', owner: 'web' } }, false],
    [{ state: { kind: 'paused', by: 'user:test', at } }, true],
    [{ state: { kind: 'disabled', at, reason: 'gone-410' } }, false],
  ] as const)('with %j is that %s', (overrides, isTaken) => {
    expect(takes(endpoint(overrides), 'instance.ready', instance)).toBe(isTaken);
  });

  it('with a filter is nothing of the fleet', () => {
    expect(takes(endpoint(), 'sync.started', null)).toBe(true);
    expect(takes(endpoint({ filter: { ...NO_FILTER, owner: 'ci' } }), 'sync.started', null)).toBe(false);
  });
});

describe('the plan of some entries', () => {
  it('writes nothing while there is no endpoint', () => {
    const plan = planFanOut([entryOf(anInstance()), runEntry], scene());
    expect(plan).toEqual({ events: [], known: new Map(), ofInstances: [] });
  });

  it('has an event of the fleet without a number, and lines only for instances', () => {
    const { events } = planFanOut(
      [runEntry, entryOf(anInstance())],
      scene({ configured: [endpoint({ ordered: true })] }),
    );
    expect(
      events.map(({ deliveries }) => deliveries.map(({ delivery, ordered }) => [delivery.sequence, ordered])),
    ).toEqual([[[null, false]], [[1, true]]]);
  });

  it('knows of a removed instance what it was, and then forgets it', () => {
    const record = anInstance({ name: 'trainer', webhookUrl: HOOK, createdBy: 'user:ci' });
    const known = { sequence: 4, name: 'trainer', region: 'CN-HK-01', owner: 'ci', webhookUrl: HOOK };
    const removed = entryOf(record, true);
    const plan = planFanOut(
      [removed],
      scene({
        configured: [endpoint({ filter: { ...NO_FILTER, owner: 'ci' } })],
        known: new Map([[record.id, known]]),
      }),
    );
    expect(plan.events[0]?.deliveries.map(({ delivery }) => delivery.endpointId)).toEqual([
      endpoint().id,
      instanceEndpointId(HOOK),
    ]);
    expect(plan.events[0]?.body).toContain('"sequence":5');
    expect(plan.known).toEqual(new Map([[record.id, null]]));
    expect(namedEndpoints([removed], new Map([[record.id, known]]))).toEqual([instanceEndpointId(HOOK)]);
  });

  it('leaves out an address that was disabled, and follows a change of the address', () => {
    const before = anInstance({ webhookUrl: HOOK });
    const disabled = endpoint({
      id: instanceEndpointId(HOOK),
      kind: 'instance',
      url: HOOK,
      state: { kind: 'disabled', at, reason: 'gone-410' },
    });
    const after = { ...before, webhookUrl: `${HOOK}/new` };
    const plan = planFanOut(
      [entryOf(before), entryOf(after)],
      scene({ ofInstances: new Map([[disabled.id, disabled]]) }),
    );
    expect(plan.events.map(({ deliveries }) => deliveries.map(({ delivery }) => delivery.endpointId))).toEqual([
      [instanceEndpointId(`${HOOK}/new`)],
    ]);
    expect(plan.ofInstances.map(({ url }) => url)).toEqual([HOOK, `${HOOK}/new`]);
  });

  it('numbers the events of each instance without a gap, however the feed is cut into batches', () => {
    const records = [anInstance(), anInstance(), anInstance()];
    const places = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 5 })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(places, (steps) => {
        let known: ReadonlyMap<InstanceId, KnownInstance> = new Map();
        const sequences = new Map<InstanceId, (number | null)[]>();
        let batch: FeedEntry[] = [];
        const flush = (): void => {
          const plan = planFanOut(batch, scene({ configured: [endpoint()], known }));
          const merged = new Map(known);
          for (const [id, instance] of plan.known) if (instance !== null) merged.set(id, instance);
          known = merged;
          for (const { deliveries } of plan.events) {
            for (const { delivery } of deliveries) {
              if (delivery.instanceId === null) continue;
              const numbers = sequences.get(delivery.instanceId) ?? [];
              sequences.set(delivery.instanceId, [...numbers, delivery.sequence]);
            }
          }
          batch = [];
        };
        for (const [place, cut] of steps) {
          const record = records[place];
          if (record !== undefined) batch.push(entryOf(record));
          if (cut === 0) flush();
        }
        flush();
        for (const numbers of sequences.values()) expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      }),
    );
  });
});
