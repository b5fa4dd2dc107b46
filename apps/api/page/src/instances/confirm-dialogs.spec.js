import fc from 'fast-check';
import { expect, it } from 'vitest';
import { confirmationWord, isConfirmed } from './confirm-dialogs.js';

it('asks for the name itself', () => {
  expect(confirmationWord('llama-1')).toBe('llama-1');
  expect(isConfirmed('llama-1', confirmationWord('llama-1'))).toBe(true);
  expect(isConfirmed('llama-2', confirmationWord('llama-1'))).toBe(false);
  expect(isConfirmed('LLAMA-1', confirmationWord('llama-1'))).toBe(false);
});

it('can be met for any name by typing what is shown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(isConfirmed(confirmationWord(name), confirmationWord(name))).toBe(true);
      expect(isConfirmed('', confirmationWord(name))).toBe(false);
    }),
  );
});

it('asks for no blanks that cannot be seen', () => {
  expect(isConfirmed('a b', confirmationWord(' a   b '))).toBe(true);
  expect(confirmationWord('  ')).toBe('delete');
});
