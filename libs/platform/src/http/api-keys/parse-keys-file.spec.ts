import { describe, expect, it } from 'vitest';
import { hashOfKey, plainApiKey } from './api-key.js';
import { parseKeysFile } from './parse-keys-file.js';

const KEY = 'correct-horse-battery';
const HASHED = `sha256:${hashOfKey(KEY)}`;
const LATER = '2027-01-01T00:00:00.000Z';

describe('parseKeysFile', () => {
  it.each([
    ['lines', `# of the team\n\nci operator ${KEY}\r\neyes viewer another-key-0123456 ${LATER} # leaves then\n`],
    [
      'JSON',
      JSON.stringify([
        { name: 'ci', role: 'operator', key: KEY },
        { name: 'eyes', role: 'viewer', key: 'another-key-0123456', expiresAt: '2027-01-01T08:00:00+08:00' },
      ]),
    ],
  ])('reads %s', (_form, text) => {
    expect(parseKeysFile(text)).toEqual([
      plainApiKey('ci', 'operator', KEY),
      { ...plainApiKey('eyes', 'viewer', 'another-key-0123456'), expiresAt: LATER },
    ]);
  });

  it('takes a hash for its key', () => {
    expect(parseKeysFile(`ci admin ${HASHED.toUpperCase().replace('SHA', 'sha')}`)).toEqual([
      plainApiKey('ci', 'admin', KEY),
    ]);
  });

  it('reads the limits of a key', () => {
    const limits = { usdPerHour: 1.5, hoursPerInstance: 8 };
    const entry = { name: 'agent', role: 'operator', key: KEY };
    const read = (given: unknown) => parseKeysFile(JSON.stringify([{ ...entry, limits: given }]))[0]?.limits;
    expect(read(limits)).toEqual({ ...limits, usdPerDay: null });
    expect(read({ ...limits, usdPerDay: 20 })).toEqual({ ...limits, usdPerDay: 20 });
    expect(read(null)).toBeNull();
    for (const [given, message] of [
      [[], 'no object'],
      [{}, 'without a usdPerHour'],
      [2, 'no object'],
      [{ ...limits, usdPerWeek: 1 }, 'limits with a member that is not known'],
      [{ hoursPerInstance: 8 }, 'without a usdPerHour'],
      [{ ...limits, usdPerHour: 0 }, 'without a usdPerHour'],
      [{ ...limits, usdPerHour: '1.5' }, 'without a usdPerHour'],
      [{ ...limits, usdPerDay: -1 }, 'a usdPerDay'],
      [{ usdPerHour: 1 }, 'without an hoursPerInstance'],
      [{ ...limits, hoursPerInstance: 1e6 }, 'without an hoursPerInstance'],
    ] as const) {
      expect(() => read(given)).toThrow(message);
    }
    for (const role of ['viewer', 'admin']) {
      expect(() => parseKeysFile(JSON.stringify([{ ...entry, role, limits }]))).toThrow('for the role operator');
    }
  });

  it('holds no key where there is none', () => {
    expect(parseKeysFile('')).toEqual([]);
    expect(parseKeysFile('[]')).toEqual([]);
  });

  it.each([
    ['{"name": "ci"}', 'no JSON list'],
    ['[{', 'no JSON list'],
    ['[1]', 'entry 1 is not name'],
    [
      JSON.stringify([{ name: 'ci', role: 'admin', key: KEY, expires: LATER }]),
      'entry 1 has a member that is not known',
    ],
    [`ci root ${KEY}`, 'line 1 has an unknown role'],
    [`\nc:i admin ${KEY}`, 'line 2 has a name'],
    ['ci admin', 'line 1 has no key'],
    ['ci admin short', 'line 1 has a key shorter than 16'],
    ['ci admin sha256:0123456789abcdef', 'line 1 has a hash that is not'],
    [`ci admin ${KEY} tomorrow`, 'line 1 has an expiresAt'],
    [`ci admin ${KEY} 2027-01-01T00:00:00`, 'line 1 has an expiresAt'],
    [`ci admin ${KEY} ${LATER} more`, 'line 1 is not name'],
    [`a admin ${KEY}\na viewer ${KEY}2`, 'two entries have the same name'],
    [`a admin ${KEY}\nb viewer ${HASHED}`, 'two entries have the same key'],
  ])('refuses %j without repeating a key', (text, message) => {
    expect(() => parseKeysFile(text)).toThrow(message);
    expect(() => parseKeysFile(text)).not.toThrow(KEY);
  });
});
