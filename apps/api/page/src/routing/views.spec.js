import { expect, it } from 'vitest';
import { pathOfView, placeOf } from './views.js';

it.each([
  ['/', '/', 'instances', ''],
  ['/', '/overview', 'overview', ''],
  ['/', '/spend/', 'spend', ''],
  ['/', '/instances/ins_1', 'instance', 'ins_1'],
  ['/', '/instances/a%20b', 'instance', 'a b'],
  ['/fleet/', '/fleet/', 'instances', ''],
  ['/fleet/', '/fleet/instances/x', 'instance', 'x'],
  ['/fleet/', '/overview', null, ''],
  ['/', '/instances', null, ''],
  ['/', '/instances/', null, ''],
  ['/', '/instances/a/b', null, ''],
  ['/', '/instances/%E0%A4%A', null, ''],
  ['/', '/nothing', null, ''],
])('with the page at %s, %s is %s %s', (root, path, name, id) => {
  expect(placeOf(root, path, '?a=1')).toEqual({ name, id, search: '?a=1' });
});

it('has one address for each view, which leads back to it', () => {
  for (const name of /** @type {const} */ ([
    'instances',
    'overview',
    'activity',
    'spend',
    'sync',
    'orphans',
    'cluster',
  ])) {
    expect(placeOf('/fleet/', pathOfView('/fleet/', name))).toEqual({ name, id: '', search: '' });
  }
  expect(pathOfView('/', 'instance', { id: 'a/b', search: '?tab=money' })).toBe('/instances/a%2Fb?tab=money');
  expect(placeOf('/', '/instances/a%2Fb')).toMatchObject({ name: 'instance', id: 'a/b' });
});
