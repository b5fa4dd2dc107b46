import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { byWhom, peopleText, untilText, whenText, whoBegins } from './people.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

describe('in a zone of its own', () => {
  beforeEach(() => {
    vi.stubEnv('TZ', 'UTC');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('says a time by the day that it is on', () => {
    expect(whenText('2026-03-01T14:32:00.000Z', NOW)).toMatch(/^at \d?\d:32/);
    expect(whenText('2026-03-02T09:00:00.000Z', NOW)).toMatch(/^tomorrow at /);
    expect(whenText('2026-02-28T03:12:00.000Z', NOW)).toMatch(/^yesterday at /);
    expect(whenText('2026-02-20T03:12:00.000Z', NOW)).toMatch(/^on .*20/);
    expect(untilText('2026-03-02T09:00:00.000Z', NOW)).toMatch(/^tomorrow \d?\d:00/);
    expect(whenText('never', NOW)).toBe('never');
    const text = peopleText('ready at 2026-02-28T03:12:00.000Z, busy until 2026-03-02T09:00:00.000Z', NOW);
    expect(text).toMatch(/^ready yesterday at \d?\d:12.*, busy until tomorrow \d?\d:00/);
  });
});

it.each([
  ['user:ci', 'key ci'],
  ['user:ci:inference-gateway', 'inference-gateway'],
  ['user:ci:a:b', 'a:b'],
  ['user', 'somebody with a key'],
  ['auto-stop', 'auto-stop'],
  ['novita:list', 'Novita'],
  ['lifecycle', 'the service'],
])('calls %s %s', (by, name) => {
  expect(byWhom(by)).toBe(name);
});

it('begins a sentence with a capital', () => {
  expect(whoBegins('auto-stop')).toBe('Auto-stop');
  expect(whoBegins('user:ci')).toBe('Key ci');
});

it.each([
  ['Not used for 20 min, since its last use (user:ci:gateway).', 'Not used for 20 min, since its last use (gateway).'],
  ['stop desired by user:ci, and Novita says exited', 'stop desired by key ci, and Novita says exited'],
  ['Idle instances are not stopped (AUTO_STOP_ENABLED=false).', 'Idle instances are not stopped.'],
  ['by its own setting (autoStop.enabled is false).', 'by its own setting.'],
  ['It is health_checking; it waits.', 'It is probing; it waits.'],
  ['a user of it', 'a user of it'],
  [
    'Not used for 5 min, since it was made, which is as long as the 4 min that it may stand unused by its own setting or longer.',
    'Not used for 5 min, since it was made. It may stand unused for 4 min, by its own setting.',
  ],
  [
    'Not used for 2 min, which is less than the 20 min that it may stand unused by the default.',
    'Not used for 2 min. It may stand unused for 20 min, by the default.',
  ],
])('takes the names of the code out of “%s”', (text, shown) => {
  expect(peopleText(text)).toBe(shown);
});
