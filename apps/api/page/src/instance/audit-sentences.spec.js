import { expect, it } from 'vitest';
import { entriesOf, groupNamed, sentenceOf } from './audit-sentences.js';

/** @typedef {import('./audit-sentences.js').Entry} Entry */

const AT = '2026-03-01T10:00:00.000Z';
const NOW = Date.parse('2026-03-01T12:00:00.000Z');
/** @param {Partial<Entry>} members @returns {Entry} */
const entry = (members) => ({ at: AT, kind: 'status', by: 'lifecycle', reason: '', ...members });

it.each(
  /** @type {readonly [Partial<Entry>, string, string][]} */ ([
    [{ to: 'ready', reason: '' }, 'It became ready', ''],
    [{ to: 'health_checking', reason: 'Novita says running' }, 'Its ports are probed', 'Novita says running.'],
    [{ to: 'odd' }, 'Its status became odd', ''],
    [{ kind: 'wish', by: 'user:ops', to: 'stopped', reason: 'stop was asked for' }, 'Key ops had it stopped', ''],
    [
      { kind: 'wish', by: 'auto-stop', to: 'stopped', reason: 'Not used for 20 min (user:ci:gateway).' },
      'Auto-stop had it stopped',
      'Not used for 20 min (gateway).',
    ],
    [
      { kind: 'settings', by: 'user:ops', reason: 'auto-stop: on → off' },
      'Key ops changed its settings',
      'Auto-stop: on → off.',
    ],
    [
      { kind: 'lease', by: 'user:ops', from: AT, reason: 'ended' },
      'Key ops ended the time for which it is kept busy',
      'Ended.',
    ],
    [
      { kind: 'warning', by: 'auto-stop', reason: 'Not used for 15 min.' },
      'It was about to be stopped as idle',
      'Not used for 15 min.',
    ],
    [{ kind: 'repair', by: 'lifecycle', reason: 'restored' }, 'Repaired by the service', 'Restored.'],
  ]),
)('says %j in a sentence', (members, text, detail) => {
  expect(sentenceOf(entry(members), NOW)).toMatchObject({ text, detail });
});

it('does not say twice until when it is kept busy', () => {
  const until = '2026-03-02T09:00:00.000Z';
  const lease = entry({ kind: 'lease', by: 'user:ops', to: until, reason: `declared busy until ${until}: training` });
  expect(sentenceOf(lease, NOW)).toMatchObject({ detail: 'Training.', tone: 'ok' });
  expect(sentenceOf(lease, NOW).text).toMatch(/^Key ops keeps it busy until /);
});

it('shows those of a group, and all for a group that is not there', () => {
  const entries = [entry({}), entry({ kind: 'wish' }), entry({ kind: 'lease' })];
  expect(entriesOf(entries, 'commands')).toEqual([entries[1]]);
  expect(entriesOf(entries, groupNamed('nonsense'))).toEqual(entries);
  expect(groupNamed('autoStop')).toBe('autoStop');
});
