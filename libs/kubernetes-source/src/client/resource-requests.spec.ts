import { describe, expect, it } from 'vitest';
import { KINDS } from '../model/kinds.js';
import { describeScope, listPath, scopesOf, watchPath } from './resource-requests.js';

const PAGE = { limit: 500, continueToken: null };
const TEAM_A = { kind: 'namespace', namespace: 'team-a' } as const;
const WITHOUT = { kind: 'all-but', namespaces: ['kube-system', 'dev'] } as const;

describe('requests of an apiserver', () => {
  it('looks in a namespace by the path, and leaves namespaces out by a selector', () => {
    expect(listPath(KINDS.Ingress, TEAM_A, PAGE)).toBe(
      '/apis/networking.k8s.io/v1/namespaces/team-a/ingresses?limit=500',
    );
    expect(decodeURIComponent(listPath(KINDS.Pod, WITHOUT, { limit: 5, continueToken: 'a/b+c=' }))).toBe(
      '/api/v1/pods?limit=5&continue=a/b+c=&fieldSelector=metadata.namespace!=kube-system,metadata.namespace!=dev',
    );
  });

  it('selects namespaces themselves by their names', () => {
    expect(decodeURIComponent(listPath(KINDS.Namespace, TEAM_A, PAGE))).toContain('fieldSelector=metadata.name=team-a');
    expect(decodeURIComponent(listPath(KINDS.Namespace, WITHOUT, PAGE))).toContain('metadata.name!=dev');
  });

  it('asks for the full set at the start of a watch, or for what follows a version', () => {
    const query = (version: string | null) => {
      const path = watchPath(KINDS.Pod, { kind: 'cluster' }, { version, timeoutSeconds: 400 });
      return Object.fromEntries(new URL(path, 'http://a').searchParams);
    };
    const always = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '400' };
    expect(query(null)).toEqual({ ...always, sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' });
    expect(query('77')).toEqual({ ...always, resourceVersion: '77' });
  });

  it('has one scope for each namespace that is included, and all nodes in any case', () => {
    const selection = { included: ['a', 'b', 'a'], excluded: ['c'] };
    expect(scopesOf(KINDS.Pod, selection).map((scope) => describeScope(KINDS.Pod, scope))).toEqual([
      'pods of a',
      'pods of b',
    ]);
    expect(scopesOf(KINDS.Namespace, selection)).toHaveLength(2);
    expect(scopesOf(KINDS.Node, selection)).toEqual([{ kind: 'cluster' }]);
    expect(scopesOf(KINDS.Pod, { included: [], excluded: ['c'] })).toEqual([{ kind: 'all-but', namespaces: ['c'] }]);
    expect(scopesOf(KINDS.Pod, { included: [], excluded: [] })).toEqual([{ kind: 'cluster' }]);
  });
});
