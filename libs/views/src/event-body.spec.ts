import {
  type FeedEntry,
  IdleSettings,
  type InstanceChange,
  idleRulesOf,
  type SyncFeedEvent,
} from '@app/instance-store';
import { loadSection, type Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { eventBody, eventData } from './event-body.js';
import { renderInstance, renderStored } from './instance-view.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;
const ENTRY = { entryId: '5-0', at: at('12:00:00') };
const record = anInstance({
  status: 'ready',
  revision: 7,
  timestamps: { ready: at('11:00:00') },
  spec: { envs: [{ key: 'TOKEN', value: 'secret-env' }] },
  webhookUrl: 'https://secret-address',
});
const change: InstanceChange = { ...ENTRY, type: 'instance.ready', instanceId: record.id, revision: 7, record };
const run: SyncFeedEvent = {
  runId: 'r',
  trigger: 'manual',
  startedAt: at('11:59:00'),
  endedAt: null,
  error: null,
  changes: null,
  held: null,
};

const bodyOf = (entry: FeedEntry, sequence: number | null, secrets = false): unknown =>
  JSON.parse(eventBody(entry, { secrets, sequence }));

describe('the body of an event', () => {
  it('is the event as the stream has it, its sequence, and the instance as it was written', () => {
    expect(bodyOf(change, 3)).toEqual({
      id: '5-0',
      type: 'instance.ready',
      at: at('12:00:00'),
      instanceId: record.id,
      revision: 7,
      sequence: 3,
      instance: JSON.parse(JSON.stringify(renderInstance(record, false))) as unknown,
    });
  });

  it('holds secrets only where they are asked for', () => {
    expect(JSON.stringify(bodyOf(change, 1, false))).not.toContain('secret-');
    expect(JSON.stringify(bodyOf(change, 1, true))).toContain('secret-env');
    expect(JSON.stringify(bodyOf(change, 1, true))).toContain('secret-address');
  });

  it('has no instance when the record was removed, and says nothing of uses', () => {
    expect(bodyOf({ ...change, type: 'instance.removed', record: null }, 4)).not.toHaveProperty('instance');
    expect(bodyOf(change, 4)).not.toHaveProperty('instance.lastUsedAt');
    const stored = { record, lastUsedAt: at('11:30:00') };
    const rules = idleRulesOf(loadSection(IdleSettings));
    expect(renderStored(stored, rules, false)).toMatchObject({
      lastUsedAt: at('11:30:00'),
      autoStopAt: at('11:50:00'),
    });
  });

  it('of an event of the fleet has no sequence, and of a run what is known of it', () => {
    const common = { id: '5-0', at: at('12:00:00'), runId: 'r', trigger: 'manual', startedAt: at('11:59:00') };
    expect(bodyOf({ ...ENTRY, type: 'sync.started', data: run }, null)).toEqual({ ...common, type: 'sync.started' });
    const ended = { ...run, endedAt: at('11:59:05'), changes: { updated: 3 }, error: 'Novita answered 500' };
    expect(bodyOf({ ...ENTRY, type: 'sync.failed', data: ended }, null)).toEqual({
      ...common,
      type: 'sync.failed',
      endedAt: at('11:59:05'),
      durationMs: 5_000,
      changes: { updated: 3 },
      error: 'Novita answered 500',
    });
    const held = { since: at('11:59:01'), reason: 'it lacks 4 of 5', wouldRemove: 4 };
    expect(eventData({ ...ENTRY, type: 'sync.held', data: { ...run, held } })).toMatchObject({ held });
    const data = { day: '2026-01-01', levelPercent: 80, spentUsd: 41, limitUsd: 50, enforced: true };
    const bill = { day: '2026-01-01', meteredUsd: 4, billedUsd: 5, differencePercent: 20, tolerancePercent: 5 };
    expect(eventData({ ...ENTRY, type: 'spend.bill_differs', data: bill })).toMatchObject(bill);
    expect(bodyOf({ ...ENTRY, type: 'spend.warning', data }, null)).toEqual({
      id: '5-0',
      at: at('12:00:00'),
      type: 'spend.warning',
      ...data,
    });
  });

  it('of a disabled endpoint says where it leads, and not the rest of its address', () => {
    const data = {
      endpointId: 'whe_global',
      url: 'https://hooks.example.com/secret-path?token=secret-token',
      reason: 'gone-410',
      failingSince: null,
    };
    expect(bodyOf({ ...ENTRY, type: 'webhook.disabled', data }, null, true)).toEqual({
      id: '5-0',
      type: 'webhook.disabled',
      at: at('12:00:00'),
      endpointId: 'whe_global',
      origin: 'https://hooks.example.com',
      reason: 'gone-410',
    });
  });
});
