import { describe, expect, it } from 'vitest';
import { anInstance } from '../fleet/instance.spec.fixture.js';
import { noticeOf, readChoices, withChoice } from './notice-rules.js';

const CHOICES = { ins_1: { name: 'llama', kinds: /** @type {const} */ (['ready', 'stopping']) } };

describe('an event', () => {
  it('is worth a notice when its instance and its kind were chosen', () => {
    const data = { instanceId: 'ins_1', revision: 7 };
    expect(noticeOf('instance.ready', data, CHOICES)).toEqual({
      title: 'llama is ready',
      body: 'It answers, and can be used.',
      tag: 'ins_1 7 ready',
      instanceId: 'ins_1',
    });
    expect(noticeOf('instance.auto_stop_warning', data, CHOICES)?.title).toBe('llama is about to be stopped');
    expect(noticeOf('instance.failed', data, CHOICES)).toBeNull();
    expect(noticeOf('instance.updated', data, CHOICES)).toBeNull();
    expect(noticeOf('instance.ready', { ...data, instanceId: 'ins_2' }, CHOICES)).toBeNull();
    expect(noticeOf('sync.completed', {}, CHOICES)).toBeNull();
  });

  it('says by its present name why an instance failed', () => {
    const lastError = { code: 'x', message: 'No such image.', at: '', retryable: false, suggestion: '' };
    const instance = anInstance({ id: 'ins_1', name: 'llama-2', lastError });
    const choices = { ins_1: { name: 'llama', kinds: /** @type {const} */ (['failed']) } };
    expect(noticeOf('instance.failed', { instanceId: 'ins_1', instance }, choices)).toMatchObject({
      title: 'llama-2 failed',
      body: 'No such image.',
    });
  });
});

describe('the choices', () => {
  it('are taken out when nothing is left of them, and the oldest when there are too many', () => {
    expect(withChoice(CHOICES, 'ins_1', { name: 'llama', kinds: [] })).toEqual({});
    /** @type {import('./notice-rules.js').Choices} */
    let many = {};
    for (let at = 0; at < 205; at++) many = withChoice(many, `ins_a${at}`, { name: 'x', kinds: ['ready'] });
    expect(Object.keys(many)).toHaveLength(200);
    expect(many['ins_a204']).toBeDefined();
    expect(many['ins_a0']).toBeUndefined();
  });

  it('that a browser had kept are read back, and nothing else', () => {
    expect(readChoices(JSON.stringify(CHOICES))).toEqual(CHOICES);
    for (const text of [null, '', '{', 'null', '[]', '{"a":null,"b":{"name":1,"kinds":["ready"]}}']) {
      expect(readChoices(text)).toEqual({});
    }
    expect(readChoices('{"a":{"name":"x","kinds":["ready","other"]}}')).toEqual({ a: { name: 'x', kinds: ['ready'] } });
  });
});
