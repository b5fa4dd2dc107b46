import { type FeedEntry, IdleSettings } from '@app/instance-store';
import { loadSection, type Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { renderInstance } from '@app/views';
import { beforeEach, describe, expect, it } from 'vitest';
import { NO_ESTIMATES } from '../../test/support/command-fakes.js';
import { FakeFeedView } from '../../test/support/feed-fakes.js';
import { InstanceJson } from '../instances/instance-text.js';
import { EventTexts } from './event-texts.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;
const ID = `${Date.UTC(2026, 0, 1, 12)}-3`;

describe('EventTexts', () => {
  let view: FakeFeedView;
  let json: InstanceJson;
  let texts: EventTexts;

  beforeEach(() => {
    view = new FakeFeedView();
    json = new InstanceJson(loadSection(IdleSettings), NO_ESTIMATES);
    texts = new EventTexts(json);
  });

  function read(entry: FeedEntry, secrets = false): { readonly head: string; readonly data: Record<string, unknown> } {
    const text = texts.of(entry, secrets);
    const [head = '', rest = ''] = text.split('data: ');
    expect(rest.endsWith('\n\n')).toBe(true);
    return { head, data: JSON.parse(rest) as Record<string, unknown> };
  }

  const record = anInstance({
    status: 'ready',
    revision: 7,
    timestamps: { ready: at('11:00:00') },
    spec: { envs: [{ key: 'TOKEN', value: 'secret-env' }] },
  });

  it('shows an instance as every answer does, to each role', () => {
    const entry = view.change(ID, 'instance.ready', record);
    for (const secrets of [false, true]) {
      const { head, data } = read(entry, secrets);
      expect(head).toBe(`id: ${ID}\nevent: instance.ready\n`);
      expect(data).toEqual({
        id: ID,
        type: 'instance.ready',
        at: at('12:00:00'),
        instanceId: record.id,
        revision: 7,
        instance: JSON.parse(JSON.stringify(renderInstance(record, secrets))) as unknown,
      });
    }
    expect(texts.of(entry, false)).not.toContain('secret-env');
    expect(texts.of(entry, true)).toContain('secret-env');
  });

  it('says nothing of uses, which it does not know, whoever has been shown the record before', () => {
    json.of({ record, lastUsedAt: at('11:30:00') }, false);
    const { data } = read(view.change(ID, 'instance.ready', record));
    expect(data['instance']).not.toHaveProperty('lastUsedAt');
    expect(data['instance']).not.toHaveProperty('autoStopAt');
    expect(json.of({ record, lastUsedAt: at('11:30:00') }, false)).toContain('"autoStopAt":"2026-01-01T11:50:00.000Z"');
  });

  it('has no instance when the record was removed', () => {
    expect(read(view.change(ID, 'instance.removed', record)).data).toEqual({
      id: ID,
      type: 'instance.removed',
      at: at('12:00:00'),
      instanceId: record.id,
      revision: 7,
    });
  });

  it('makes each text once, and that of many once for all who get the same array', () => {
    const entries = [view.change('1-0', 'instance.ready', record), view.change('2-0', 'instance.updated', record)];
    const once = texts.ofAll(entries, true);
    expect(texts.ofAll(entries, true)).toBe(once);
    expect(texts.ofAll(entries, false)).not.toBe(once);
    expect(String(once)).toBe(entries.map((entry) => texts.of(entry, true)).join(''));
  });
});
