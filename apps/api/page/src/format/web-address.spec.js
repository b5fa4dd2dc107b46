import { expect, it } from 'vitest';
import { isWebAddress } from './web-address.js';

it('takes pages of the web and nothing else', () => {
  for (const text of ['https://x.example.com/a', 'http://127.0.0.1:80/']) expect(isWebAddress(text)).toBe(true);
  for (const text of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'proxy.example.com:22',
    '/x',
    '',
  ]) {
    expect(isWebAddress(text)).toBe(false);
  }
});
