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
