import { describe, expect, it } from 'vitest';
import { readWindow } from './paging.js';

const read = (query: string, firstPage: 'both' | 'zero' | 'one' = 'both') =>
  readWindow(new URLSearchParams(query), 'pageNum', firstPage);

describe('readWindow', () => {
  it.each([
    ['', 'both', { offset: 0, size: 10 }],
    ['pageSize=100', 'both', { offset: 0, size: 100 }],
    ['pageSize=100&pageNum=0', 'both', { offset: 0, size: 100 }],
    ['pageSize=100&pageNum=1', 'both', { offset: 0, size: 100 }],
    ['pageSize=100&pageNum=3', 'both', { offset: 200, size: 100 }],
    ['pageSize=100&pageNum=0', 'zero', { offset: 0, size: 100 }],
    ['pageSize=100&pageNum=1', 'zero', { offset: 100, size: 100 }],
    ['pageSize=100&pageNum=0', 'one', { offset: 0, size: 0 }],
    ['pageSize=100&pageNum=1', 'one', { offset: 0, size: 100 }],
    ['pageSize=100', 'one', { offset: 0, size: 100 }],
    ['pageSize=-5&pageNum=x', 'both', { offset: 0, size: 10 }],
    ['pageSize=99999999', 'both', { offset: 0, size: 10_000 }],
    ['page=3&page_size=50', 'both', { offset: 0, size: 10 }],
  ] as const)('reads "%s" with first page %s', (query, firstPage, expected) => {
    expect(read(query, firstPage)).toEqual(expected);
  });
});
