import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

describe('RouteTable', () => {
  const table = new RouteTable();
  for (const url of [
    '/',
    '/docs',
    '/docs/*',
    '/health',
    '/health/live',
    '/metrics',
    '/api/instances',
    '/api/me',
    '/api/v1/me',
    '/api/v1/instances',
    '/api/v1/instances/:id',
    '/api/v1/instances/:id/stop',
    '/api/v1/instances/by-name/:name/stop',
    '/api/v1/instances/:id/lease',
    '/api/v1/products',
    '/api/v1/sync/status',
  ]) {
    table.add('GET', url);
  }

  it.each([
    ['/api/v1/instance', '/api/v1/instances'],
    ['/api/v1/instnaces', '/api/v1/instances'],
    ['/api/v1/instances/', '/api/v1/instances'],
    ['/api/v2/instances', '/api/v1/instances'],
    ['//api/v1/instances', '/api/v1/instances'],
    ['/API/v1/Instances', '/api/v1/instances'],
    ['/instances', '/api/instances'],
    ['/api/v1/instances/ins_01M8K8PPJGJ2E0JA9N7XWRAK90/stpo', '/api/v1/instances/{id}/stop'],
    ['/api/v1/instance/ins_01M8K8PPJGJ2E0JA9N7XWRAK90', '/api/v1/instances/{id}'],
    ['/api/v1/instances/by-name/llama/stopp', '/api/v1/instances/by-name/{name}/stop'],
    ['/api/v1/sync/stauts', '/api/v1/sync/status'],
    ['/heath', '/health'],
    ['/doc', '/docs'],
  ])('finds for %s the route that was meant, %s', (path, route) => {
    expect(table.nearestTo(path)).toBe(route);
  });

  it.each(['/api', '/api/v1', '/wp-login.php', '/favicon.ico', '/x', '/api/', '//', `/${'a'.repeat(300)}`])(
    'finds none for %s',
    (path) => {
      expect(table.nearestTo(path)).toBeNull();
    },
  );
});
