import { expect, it } from 'vitest';
import { matching, readQuery, verbOf } from './palette-items.js';

const COMMANDS = ['Stop', 'Keep busy for…', 'Start'];

it('a command and a name are told apart by the first word', () => {
  expect(readQuery('stop  llama 3', COMMANDS)).toEqual({ text: 'stop llama 3', search: 'llama 3', verb: 'stop' });
  expect(readQuery('Keep llama', COMMANDS)).toMatchObject({ search: 'llama', verb: 'keep' });
  expect(readQuery('keep busy llama', COMMANDS)).toMatchObject({ search: 'llama', verb: 'keep' });
  expect(readQuery('keep busy for llama', COMMANDS)).toMatchObject({ search: 'llama', verb: 'keep' });
  expect(readQuery('keep busy', COMMANDS)).toMatchObject({ search: 'busy', verb: 'keep' });
  // A single word may be the name of an instance.
  expect(readQuery('stop', COMMANDS)).toEqual({ text: 'stop', search: 'stop', verb: '' });
  expect(readQuery(' llama stop ', COMMANDS)).toMatchObject({ search: 'llama stop', verb: '' });
  expect(readQuery('x'.repeat(300), COMMANDS).search).toHaveLength(200);
  expect(readQuery('  ', COMMANDS)).toEqual({ text: '', search: '', verb: '' });
});

it('the word of a command is its first', () => {
  expect(['Keep busy for…', 'Why?', 'Delete…', 'Stop'].map(verbOf)).toEqual(['keep', 'why', 'delete', 'stop']);
});

it('every word must begin a word of the text; what begins with it comes first', () => {
  const items = ['Go to Spend', 'Stop all…', 'Sync now', 'Go to Sync'].map((text) => ({ text }));
  const found = (/** @type {string} */ text) => matching(items, text).map((item) => item.text);
  expect(found('sync')).toEqual(['Sync now', 'Go to Sync']);
  expect(found('go s')).toEqual(['Go to Spend', 'Go to Sync']);
  expect(found('top')).toEqual([]);
  expect(found('')).toHaveLength(4);
});
