import type { ResourceEvent } from '@app/kubernetes-source';
import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { RESOURCE_EVENT_TYPES, ResourceEvents } from './resource-events.js';
import type { ResourceReads } from './resource-reads.js';

describe('the changes of the mirror as a reader gets them', () => {
  const clock = new FakeClock();
  const anEvent = (id: string, name: string): ResourceEvent => ({
    id,
    type: 'resource.added',
    at: clock.timestamp(),
    resource: {
      kind: 'Pod',
      key: `shop/${name}` as ResourceEvent['resource']['key'],
      namespace: 'shop',
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: {},
      json: '{}',
    },
  });

  it('name their id once where several have one, so that a reader that is cut off among them comes back for all', () => {
    const reads = { view: () => ({}) } as unknown as ResourceReads;
    const filter = { types: new Set(RESOURCE_EVENT_TYPES), kinds: null, namespace: null };
    const events = new ResourceEvents(reads, clock).for({ filter, position: (id) => `p-${id}`, greeting: () => '' });
    const text = String(events.render([anEvent('1-0', 'a'), anEvent('2-0', 'b'), anEvent('2-0', 'c')]));
    const heads = text.split('\n\n').map((block) => /^id: (.*)$/m.exec(block)?.[1] ?? null);
    expect(heads).toEqual(['p-1-0', null, 'p-2-0', null]);
  });
});
