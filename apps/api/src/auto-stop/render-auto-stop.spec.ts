import type { IdleRules, InstanceRecord } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { autoStopInForce } from './render-auto-stop.js';

const MINUTE = 60_000;
const rules: IdleRules = {
  enabled: true,
  thresholdMs: 20 * MINUTE,
  warningMs: 5 * MINUTE,
  byTemplate: new Map<string, number | 'off'>([
    ['slow', 120 * MINUTE],
    ['never', 'off'],
  ]),
};

const of = (overrides: InstanceOverrides = {}): InstanceRecord => anInstance({ status: 'ready', ...overrides });

describe('what auto-stop goes by for one instance', () => {
  it.each([
    ['the fleet', of(), { enabled: true, enabledFrom: 'fleet', thresholdMs: 20 * MINUTE, thresholdFrom: 'fleet' }],
    [
      'its template',
      of({ spec: { templateId: 'slow' } }),
      { enabled: true, enabledFrom: 'fleet', thresholdMs: 120 * MINUTE, thresholdFrom: 'template' },
    ],
    [
      'a template that switches it off',
      of({ spec: { templateId: 'never' } }),
      { enabled: false, enabledFrom: 'template', thresholdMs: 20 * MINUTE, thresholdFrom: 'fleet' },
    ],
    [
      'its own switch before that of its template',
      of({ spec: { templateId: 'never' }, autoStop: { enabled: true } }),
      { enabled: true, enabledFrom: 'instance', thresholdMs: 20 * MINUTE, thresholdFrom: 'fleet' },
    ],
    [
      'its own time',
      of({ spec: { templateId: 'never' }, autoStop: { thresholdMinutes: 1.5 } }),
      { enabled: true, enabledFrom: 'instance', thresholdMs: 1.5 * MINUTE, thresholdFrom: 'instance' },
    ],
    [
      'its own switch',
      of({ autoStop: { enabled: false, thresholdMinutes: 45 } }),
      { enabled: false, enabledFrom: 'instance', thresholdMs: 45 * MINUTE, thresholdFrom: 'instance' },
    ],
  ])('is what %s says', (_who, record, inForce) => {
    expect(autoStopInForce(record, rules)).toMatchObject(inForce);
  });

  it('is nothing where the installation stops nothing', () => {
    const off = { ...rules, enabled: false };
    expect(autoStopInForce(of({ autoStop: { enabled: true } }), off)).toMatchObject({
      enabled: false,
      enabledFrom: 'fleet',
      thresholdMs: 20 * MINUTE,
    });
  });

  it('does not depend on what the instance does', () => {
    const ready = autoStopInForce(of(), rules);
    for (const other of [
      of({ status: 'stopped', desired: { ...of().desired, state: 'stopped' } }),
      of({ origin: 'discovered' }),
      of({ spec: { billingMode: 'monthly' } }),
    ]) {
      expect(autoStopInForce(other, rules)).toEqual(ready);
    }
  });

  it('warns no earlier than the time begins', () => {
    expect(autoStopInForce(of({ autoStop: { thresholdMinutes: 2 } }), rules).warningMs).toBe(2 * MINUTE);
  });
});
