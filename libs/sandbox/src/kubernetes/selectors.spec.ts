import { describe, expect, it } from 'vitest';
import { ApiError } from './api-status.js';
import { fieldMatcher, labelMatcher, labelViolation } from './selectors.js';
import { storedObject } from './stored-object.js';

const pod = (name: string, labels: Record<string, string>, nodeName = 'n1') =>
  storedObject({ metadata: { name, namespace: 'team', labels, uid: 'u' }, spec: { nodeName } }, 1);
const PODS = [
  pod('a', { app: 'web', tier: 'gpu', weight: '5' }),
  pod('b', { app: 'db', 'example.com/x': '' }, 'n2'),
  pod('c', {}),
];

function selected(matcher: ReturnType<typeof labelMatcher>): string {
  return PODS.filter((object) => matcher === null || matcher(object))
    .map(({ name }) => name)
    .join('');
}

describe('labelMatcher', () => {
  it.each([
    ['', 'abc'],
    ['app', 'ab'],
    ['!app', 'c'],
    ['app=web', 'a'],
    ['app==web', 'a'],
    ['app!=web', 'bc'],
    ['app in (web, db)', 'ab'],
    ['app notin (web,db)', 'c'],
    ['app in (web,db),tier!=gpu', 'b'],
    ['example.com/x=', 'b'],
    ['weight>4', 'a'],
    ['weight<5', ''],
  ])('%j selects %j', (selector, names) => {
    expect(selected(labelMatcher(selector))).toBe(names);
  });

  it.each([
    'app=(web)',
    'app in web',
    'in (a)',
    '=x',
    'a b',
    'app=web,',
    'a/b/c=d',
    'app=-x',
    'app in (-x)',
    `${'x'.repeat(64)}=y`,
  ])('refuses %j', (selector) => {
    expect(() => labelMatcher(selector)).toThrow(ApiError);
  });
});

describe('fieldMatcher', () => {
  it.each([
    ['', 'abc'],
    ['metadata.name=b', 'b'],
    ['metadata.name!=b', 'ac'],
    ['metadata.namespace=team,metadata.name==a', 'a'],
    ['metadata.namespace=other', ''],
    ['spec.nodeName=n2', 'b'],
    ['status.phase=', 'abc'],
    ['spec.restartPolicy=Always', 'abc'],
    ['metadata.name=b,', 'b'],
    ['=', 'abc'],
  ])('%j selects %j', (selector, names) => {
    expect(selected(fieldMatcher('Pod', selector))).toBe(names);
  });

  it('refuses a field that this kind is not selected by', () => {
    expect(() => fieldMatcher('Node', 'spec.nodeName=n1')).toThrow('field label not supported: spec.nodeName');
    expect(() => fieldMatcher('Node', 'metadata.name')).toThrow(ApiError);
  });
});

describe('labelViolation', () => {
  it.each([
    ['app', 'web', true],
    ['example.com/app', '', true],
    ['a b', 'c', false],
    ['app', '-c', false],
    ['app', 1, false],
  ])('of %j: %j', (key, value, isLabel) => {
    expect(labelViolation(key, value) === null).toBe(isLabel);
  });
});
