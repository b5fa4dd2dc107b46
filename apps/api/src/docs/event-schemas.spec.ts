import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeedEntry, NewFleetEvent } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aResource } from '../../test/support/fake-kubernetes.js';
import { FakeFeedView } from '../../test/support/feed-fakes.js';
import { TestApi } from '../../test/support/test-api.js';
import {
  connectedText,
  degradedText,
  EventTexts,
  lastListText,
  listText,
  resetText,
  restoredText,
} from '../events/event-texts.js';
import { CONTROL_TYPES, EVENT_TYPES, isInstanceType } from '../events/event-types.js';
import { CONTROL_EXAMPLES, EVENT_EXAMPLES } from '../events/events.examples.js';
import { InstanceJson } from '../instances/instance-text.js';
import { RESOURCE_EVENT_TYPES, resourceEventJson } from '../kubernetes/resource-events.js';
import { withEventReference } from './event-reference.js';

const AT = '2026-01-01T12:00:00.000Z' as Timestamp;

describe('the schemas of events', () => {
  let api: TestApi;
  let document: OpenAPIObject;
  let ajv: Ajv2020;
  const validators = new Map<string, ValidateFunction>();

  beforeAll(async () => {
    api = await TestApi.start();
    document = (await api.send({ url: '/openapi.json', as: null })).json as unknown as OpenAPIObject;
    ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(document, 'fleet');
  });
  afterAll(async () => {
    await api.stop();
  });

  /** The schema that the stream's description names for a type. */
  function validatorOf(type: string): ValidateFunction {
    const known = validators.get(type);
    if (known !== undefined) return known;
    const media = JSON.stringify(document.paths['/api/v1/events']?.get?.responses['200']);
    const name = new RegExp(`"${type.replace('.', '\\.')}":"#/components/schemas/(\\w+)"`).exec(media)?.[1];
    if (name === undefined) throw new Error(`the stream has no schema for ${type}`);
    const made = ajv.compile({ $ref: `fleet#/components/schemas/${name}` });
    validators.set(type, made);
    return made;
  }

  function violationsOf(type: string, data: unknown): unknown {
    const validate = validatorOf(type);
    return validate(data) ? null : validate.errors;
  }

  const dataOf = (text: string): unknown => JSON.parse(text.slice(text.indexOf('data: ') + 6));

  it.each(EVENT_TYPES)('%s has one that its example fits, and no other type', (type) => {
    expect(violationsOf(type, EVENT_EXAMPLES[type])).toBeNull();
    for (const other of EVENT_TYPES) {
      if (other !== type) expect([other, violationsOf(other, EVENT_EXAMPLES[type])]).not.toEqual([other, null]);
    }
  });

  it.each(EVENT_TYPES)('%s is what the stream sends', (type) => {
    const texts = new EventTexts(api.app.get(InstanceJson));
    const view = new FakeFeedView();
    expect(violationsOf(type, dataOf(texts.of(happening(view, type), true)))).toBeNull();
  });

  it.each(CONTROL_TYPES)('%s has one that its example and what the stream sends fit', (type) => {
    const sent = {
      connected: [connectedText('5-0', AT)],
      reset: [resetText(AT)],
      list: [listText(''), lastListText('', '5-0')],
      degraded: [degradedText(AT)],
      restored: [restoredText(AT)],
    }[type];
    for (const data of [CONTROL_EXAMPLES[type], ...sent.map(dataOf)]) expect(violationsOf(type, data)).toBeNull();
  });

  it('fit changes of resources as the stream sends them', () => {
    const resource = aResource('Pod', 'web-0', { labels: { app: 'web' }, status: { phase: 'Running' } });
    for (const type of RESOURCE_EVENT_TYPES) {
      const data: unknown = JSON.parse(resourceEventJson({ id: '5-0', type, at: AT, resource }));
      expect(violationsOf(type, data)).toBeNull();
      expect(violationsOf('resources_reset', data)).not.toBeNull();
    }
    expect(violationsOf('resources_reset', { type: 'resources_reset', at: AT, reason: 'gone' })).toBeNull();
  });

  it('are those of the webhooks, which say how they are sent', () => {
    expect(Object.keys(document.webhooks ?? {}).toSorted()).toEqual([...EVENT_TYPES].toSorted());
    for (const [type, { post }] of Object.entries(document.webhooks ?? {})) {
      expect(post?.description).toContain('as Standard Webhooks');
      const body = JSON.stringify(post?.requestBody);
      const [, name] = /"\$ref":"#\/components\/schemas\/(\w+)"/.exec(body) ?? [];
      expect(validatorOf(type).schema).toEqual({ $ref: `fleet#/components/schemas/${name}` });
    }
  });

  it('are described in docs/events.md as they are', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../../docs/events.md'), 'utf8');
    expect(withEventReference(text)).toBe(text);
    expect(() => withEventReference('# Something else')).toThrow('has no lines');
  });
});

function happening(view: FakeFeedView, type: (typeof EVENT_TYPES)[number]): FeedEntry {
  if (isInstanceType(type)) return view.change('5-0', type as Parameters<FakeFeedView['change']>[1], anInstance());
  return view.event('5-0', eventOf(type));
}

function eventOf(type: (typeof EVENT_TYPES)[number]): NewFleetEvent {
  if (type === 'spend.warning') {
    return { type, data: { day: '2026-01-01', levelPercent: 80, spentUsd: 41, limitUsd: 50, enforced: true } };
  }
  if (type === 'spend.bill_differs') {
    const data = { meteredUsd: 41.2, billedUsd: 50, differencePercent: 17.6, tolerancePercent: 5 };
    return { type, data: { day: '2026-01-01', ...data } };
  }
  if (type === 'webhook.disabled') {
    return {
      type,
      data: { endpointId: 'whe_global', url: 'https://x.example', reason: 'gone-410', failingSince: AT },
    };
  }
  const run = { runId: 'r', trigger: 'manual', startedAt: AT, endedAt: null, error: null, changes: null, held: null };
  if (type === 'sync.started') return { type, data: run };
  if (type === 'sync.held') return { type, data: { ...run, held: { since: AT, reason: 'x', wouldRemove: 4 } } };
  if (type === 'sync.completed') return { type, data: { ...run, endedAt: AT, changes: { updated: 1 } } };
  if (type === 'sync.failed') return { type, data: { ...run, endedAt: AT, changes: { updated: 1 }, error: 'away' } };
  throw new Error(`${type} is about an instance`);
}
