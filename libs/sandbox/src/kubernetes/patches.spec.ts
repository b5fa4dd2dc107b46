import { describe, expect, it } from 'vitest';
import { ApiError } from './api-status.js';
import { jsonPatch, mergePatch, strategicMergePatch } from './patches.js';

describe('mergePatch', () => {
  it('merges objects, replaces lists, and takes away what is null', () => {
    const target = { a: { b: 1, c: [1, 2] }, d: 4 };
    expect(mergePatch(target, { a: { c: [3], e: 5 }, d: null })).toEqual({ a: { b: 1, c: [3], e: 5 } });
    expect(target).toEqual({ a: { b: 1, c: [1, 2] }, d: 4 });
  });
});

describe('jsonPatch', () => {
  it('does its operations in their order', () => {
    const operations = [
      { op: 'test', path: '/a/0', value: 1 },
      { op: 'add', path: '/a/1', value: 9 },
      { op: 'add', path: '/a/-', value: 8 },
      { op: 'remove', path: '/a/0' },
      { op: 'replace', path: '/b~1c', value: 'new' },
      { op: 'copy', from: '/a', path: '/d' },
      { op: 'move', from: '/b~1c', path: '/e' },
    ];
    expect(jsonPatch({ a: [1, 2], 'b/c': 'old' }, operations)).toEqual({ a: [9, 2, 8], d: [9, 2, 8], e: 'new' });
  });

  it.each([
    { op: 'remove', path: '/nothing' },
    { op: 'replace', path: '/a/7', value: 1 },
    { op: 'add', path: '/a/b/c', value: 1 },
    { op: 'test', path: '/a', value: 'other' },
    { op: 'guess', path: '/a' },
    { op: 'add' },
  ])('refuses %o', (operation) => {
    expect(() => jsonPatch({ a: [1] }, [operation])).toThrow(ApiError);
  });
});

describe('strategicMergePatch', () => {
  const pod = {
    containers: [
      { name: 'one', image: 'x:1', env: [{ name: 'A', value: '1' }] },
      { name: 'two', image: 'y:1' },
    ],
    args: ['-a'],
    finalizers: ['f1'],
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
  };

  it('merges a list of objects by what tells them apart, in the order asked for', () => {
    const patch = {
      '$setElementOrder/containers': [{ name: 'two' }, { name: 'one' }, { name: 'three' }],
      containers: [
        { name: 'one', image: 'x:2', env: [{ name: 'B', value: '2' }] },
        { name: 'three', image: 'z:1' },
      ],
    };
    expect(strategicMergePatch(pod, patch)).toMatchObject({
      containers: [
        { name: 'two', image: 'y:1' },
        {
          name: 'one',
          image: 'x:2',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
        { name: 'three', image: 'z:1' },
      ],
    });
  });

  it('follows the directives that take away', () => {
    const patch = {
      containers: [{ name: 'two', $patch: 'delete' }],
      args: ['-b'],
      '$deleteFromPrimitiveList/finalizers': ['f1'],
      finalizers: ['f2'],
      strategy: { $retainKeys: ['type'], type: 'Recreate' },
    };
    expect(strategicMergePatch(pod, patch)).toEqual({
      containers: [pod.containers[0]],
      args: ['-b'],
      finalizers: ['f2'],
      strategy: { type: 'Recreate' },
    });
    expect(strategicMergePatch(pod, { strategy: { $patch: 'replace', type: 'Recreate' } })).toMatchObject({
      strategy: { type: 'Recreate' },
    });
  });
});
