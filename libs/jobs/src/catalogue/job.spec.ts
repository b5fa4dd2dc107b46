import { describe, expect, it } from 'vitest';
import { RECONCILE_INSTANCE, ReconcilePayload, SPEND_ACCRUAL, SpendAccrualPayload } from './catalogue.js';
import { InvalidJobPayloadError, validatePayload } from './job.js';

const instanceId = 'ins_01JABCDEFGHJKMNPQRSTVWXYZ0';

describe('validatePayload', () => {
  it('makes an instance of the declared class', () => {
    const payload = validatePayload(RECONCILE_INSTANCE, { instanceId });
    expect(payload).toBeInstanceOf(ReconcilePayload);
    expect(payload).toEqual({ instanceId });
  });

  it('takes a payload that comes again for another instance, and one that resembles it as strictly as before', () => {
    const first = validatePayload(RECONCILE_INSTANCE, { instanceId });
    const again = validatePayload(RECONCILE_INSTANCE, { instanceId });
    expect(again).toBeInstanceOf(ReconcilePayload);
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
    expect(() => validatePayload(RECONCILE_INSTANCE, { instanceId, '': '' })).toThrow(InvalidJobPayloadError);
    expect(() => validatePayload(SPEND_ACCRUAL, { instanceId })).toThrow(InvalidJobPayloadError);
  });

  it.each([
    ['a missing property', {}],
    ['a wrong type', { instanceId: 7 }],
    ['a wrong form', { instanceId: 'ins_short' }],
    ['an unknown property', { instanceId, envs: 'secret' }],
    ['nothing', undefined],
    ['null', null],
    ['a list', [{ instanceId }]],
    ['a word', 'ins'],
  ])('refuses %s, naming the job', (_, payload) => {
    expect(() => validatePayload(RECONCILE_INSTANCE, payload)).toThrow(InvalidJobPayloadError);
    expect(() => validatePayload(RECONCILE_INSTANCE, payload)).toThrow(/^RECONCILE_INSTANCE: /);
  });

  it('takes nothing for a job that needs nothing, and nothing else', () => {
    expect(validatePayload(SPEND_ACCRUAL, {})).toBeInstanceOf(SpendAccrualPayload);
    expect(() => validatePayload(SPEND_ACCRUAL, { day: '1' })).toThrow(/^SPEND_ACCRUAL: /);
    expect(() => validatePayload(SPEND_ACCRUAL, [])).toThrow(InvalidJobPayloadError);
  });

  it('shows no value', () => {
    expect(() => validatePayload(RECONCILE_INSTANCE, { instanceId: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }) as Error,
    );
  });
});
