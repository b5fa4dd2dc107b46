import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectLog } from './object-log.js';
import { objectKey } from './stored-object.js';

const write = (log: ObjectLog, name: string): number =>
  log.put('ConfigMap', { metadata: { name, namespace: 'team', uid: name } }).version;
const state = (log: ObjectLog, version: number): string | null =>
  log
    .listAt('ConfigMap', version)
    ?.map(({ key, version: own }) => `${key}@${own}`)
    .join(' ') ?? null;

describe('ObjectLog', () => {
  it('shows each state of the past as it was, and the changes that lead from it to the present', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'a-b', 'b', 'c'), gone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const log = new ObjectLog(1_000);
        const states = new Map<number, string>([[log.version, '']]);
        for (const { name, gone } of steps) {
          if (gone) log.delete('ConfigMap', objectKey('team', name));
          else write(log, name);
          states.set(
            log.version,
            log
              .list('ConfigMap')
              .map(({ key, version }) => `${key}@${version}`)
              .join(' '),
          );
        }
        for (const [version, expected] of states) {
          expect(state(log, version)).toBe(expected);
          const present = new Map(log.listAt('ConfigMap', version)?.map(({ key, version: own }) => [key, own]));
          for (let at = log.positionAfter('ConfigMap', version); ; at++) {
            const change = log.changeAt('ConfigMap', at);
            if (change === null || change === 'forgotten') break;
            if (change.current === null) present.delete(change.shown.key);
            else present.set(change.shown.key, change.version);
          }
          expect(present).toEqual(new Map(log.list('ConfigMap').map(({ key, version: own }) => [key, own])));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('lists by the bytes of namespace and name', () => {
    const log = new ObjectLog(10);
    for (const namespace of ['b', 'a-b', 'a']) log.put('Pod', { metadata: { name: 'x', namespace, uid: 'u' } });
    expect(log.list('Pod').map(({ key }) => key)).toEqual(['a-b/x', 'a/x', 'b/x']);
  });

  it('forgets the oldest changes of a kind beyond its limit, and with them the states before', () => {
    const log = new ObjectLog(3);
    const versions = Array.from({ length: 6 }, () => write(log, 'a'));
    const [first = 0, , third = 0] = versions;
    expect(log.listAt('ConfigMap', first)).toBeNull();
    expect(state(log, third)).toBe(`team/a@${third}`);
    expect(log.oldestWatchable('ConfigMap')).toBe(third);
    expect(log.changeAt('ConfigMap', 0)).toBe('forgotten');
    expect(log.oldestWatchable('Pod')).toBeLessThan(first);
  });

  it('after a compaction knows the present only; after a restart the past too, but no watch goes on from it', () => {
    const log = new ObjectLog(10);
    const first = write(log, 'a');
    const second = write(log, 'a');
    log.forgetWatchHistory();
    expect(log.oldestWatchable('ConfigMap')).toBe(second);
    expect(state(log, first)).toBe(`team/a@${first}`);
    log.forgetHistory();
    expect(state(log, first)).toBeNull();
    expect(state(log, second)).toBe(`team/a@${second}`);
  });

  it('shows a deleted object at the version of its end', () => {
    const log = new ObjectLog(10);
    const made = write(log, 'a');
    const gone = log.delete('ConfigMap', 'team/a');
    expect(gone?.version).toBe(made + 1);
    expect(JSON.parse(gone?.metadata ?? '')).toMatchObject({ resourceVersion: String(made + 1) });
    expect(log.delete('ConfigMap', 'team/a')).toBeNull();
    expect(log.version).toBe(made + 1);
  });
});
