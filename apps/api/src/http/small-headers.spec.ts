import { describe, expect, it } from 'vitest';
import { apiPath, canonicalPath } from './api-path.js';
import { minFreshSeconds } from './prefer.js';
import { prefersHtml } from './prefers-html.js';

describe('minFreshSeconds', () => {
  it.each([
    ['min-fresh=10', 10],
    ['Min-Fresh = "0"', 0],
    ['respond-async, min-fresh=5; x=y, wait=3', 5],
    [['wait=1', 'min-fresh=7'], 7],
    ['min-fresh', null],
    ['min-fresh=-1', null],
    ['min-fresh=1.5', null],
    ['min-fresh=soon', null],
    ['x-min-fresh=5', null],
    ['', null],
    [undefined, null],
  ])('reads %j as %s', (header, seconds) => {
    expect(minFreshSeconds(header)).toBe(seconds);
  });
});

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
