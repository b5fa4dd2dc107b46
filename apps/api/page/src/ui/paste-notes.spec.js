import { expect, it } from 'vitest';
import { pasteChange } from './paste-notes.js';

it.each([
  ['a\tb "c" d=e', 'before a\tb "c" d=e after', ''],
  ['a\r\nb', 'a\nb', 'Its Windows line ends became plain ones.'],
  ['python train.py\n--lr 1', 'python train.py --lr 1', /line breaks .* are gone/],
  ['12345', '123', /Not all/],
])('what is pasted as %j and stands there as %j is said', (pasted, value, text) => {
  expect(pasteChange(pasted, value)).toMatch(text === '' ? /^$/ : text);
});
