import type { FastifyRequest } from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { ListInstancesQuery, toFleetQuery } from '../instances/list-instances.dto.js';
import { QueryReader } from './query-reader.js';

function request(url: string): FastifyRequest {
  const query = Object.fromEntries(new URL(url, 'http://api').searchParams);
  return { url, query } as unknown as FastifyRequest;
}

describe('QueryReader', () => {
  it('reads a query once, and knows it by its text', async () => {
    const meaningOf = vi.fn<typeof toFleetQuery>(toFleetQuery);
    const reader = new QueryReader(ListInstancesQuery, meaningOf);
    const first = await reader.read(request('/x?limit=5&status=ready'));
    expect(first).toEqual({ limit: 5, statuses: ['ready'], sort: '-createdAt' });
    expect(Object.isFrozen(first)).toBe(true);
    expect(reader.read(request('/y?limit=5&status=ready'))).toBe(first);
    expect(await reader.read(request('/x?limit=6'))).toMatchObject({ limit: 6 });
    expect(await reader.read(request('/x'))).toMatchObject({ limit: 50 });
    expect(meaningOf).toHaveBeenCalledTimes(3);
  });

  it('refuses a wrong one each time', async () => {
    const reader = new QueryReader(ListInstancesQuery, toFleetQuery);
    for (let i = 0; i < 2; i++) await expect(reader.read(request('/x?limit=0'))).rejects.toThrow(/limit/);
  });

  it('remembers only so many', async () => {
    const meaningOf = vi.fn<typeof toFleetQuery>(toFleetQuery);
    const reader = new QueryReader(ListInstancesQuery, meaningOf);
    for (let i = 0; i <= 500; i++) await reader.read(request(`/x?cursor=c${i}`));
    meaningOf.mockClear();
    await reader.read(request('/x?cursor=c500'));
    expect(meaningOf).not.toHaveBeenCalled();
    await reader.read(request('/x?cursor=c0'));
    expect(meaningOf).toHaveBeenCalledTimes(1);
  });
});
