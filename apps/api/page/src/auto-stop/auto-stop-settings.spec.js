import { expect, it } from 'vitest';
import { autoStopBody, autoStopForm, isSameAutoStop, settingsMessage } from './auto-stop-settings.js';

it('sends what it was made from', () => {
  expect(autoStopBody(autoStopForm({}))).toEqual({ autoStop: { enabled: null, thresholdMinutes: null } });
  expect(autoStopBody(autoStopForm({ enabled: true, thresholdMinutes: 0.5 }))).toEqual({
    autoStop: { enabled: true, thresholdMinutes: 0.5 },
  });
  expect(autoStopBody(autoStopForm({ enabled: false }))).toEqual({
    autoStop: { enabled: false, thresholdMinutes: null },
  });
});

it('looks at these settings alone', () => {
  const lease = { until: '2026-03-01T10:00:00.000Z', by: 'user:ci', reason: 'x' };
  expect(isSameAutoStop({ enabled: true }, { enabled: true, lease })).toBe(true);
  expect(isSameAutoStop({ enabled: true }, {})).toBe(false);
  expect(isSameAutoStop({ thresholdMinutes: 5 }, { thresholdMinutes: 6 })).toBe(false);
});

it('says them in words', () => {
  expect(settingsMessage({})).toBe('As the fleet says, after the default time');
  expect(settingsMessage({ enabled: false, thresholdMinutes: 45 })).toBe('Never, after 45 min');
});
