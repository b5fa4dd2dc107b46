import { describe, expect, it } from 'vitest';
import { prefersHtml } from './negotiation.js';
import { apiPath, canonicalPath } from './paths.js';

describe('prefersHtml', () => {
  it.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/html', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['application/json, text/html;q=0.5', false],
    ['application/json;q=0.5, text/html', true],
    ['text/html;q=0', false],
    ['nonsense', false],
  ])('%s: %s', (accept, html) => {
    expect(prefersHtml(accept)).toBe(html);
  });
});

describe('the two prefixes', () => {
  it('mean the same', () => {
    for (const path of apiPath('instances')) expect(canonicalPath(`/${path}/x`)).toBe('/api/v1/instances/x');
    expect(canonicalPath('/health')).toBe('/health');
  });
});
