import { describe, expect, it } from 'vitest';
import { ModelSink } from '../../test/support/model-sink.js';
import { WatchIntake } from './watch-intake.js';

function line(type: string, name: string, version: number): string {
  return JSON.stringify({ type, object: { metadata: { name, uid: name, resourceVersion: String(version) } } });
}

function mark(version: string, annotations: object = { 'k8s.io/initial-events-end': 'true' }): string {
  return JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version, annotations } } });
}

describe('WatchIntake', () => {
  it('completes a full set at its end mark, and takes the version from there only', async () => {
    const sink = new ModelSink();
    const intake = new WatchIntake(sink, null);
    await sink.begin();
    await intake.take([line('ADDED', 'b', 90), mark('50', {}), line('ADDED', 'a', 20)]);
    expect([intake.version, sink.objects.size]).toEqual([null, 0]);
    await intake.take([mark('100'), line('MODIFIED', 'a', 101)]);
    expect(intake.version).toBe('101');
    expect([...sink.objects]).toEqual([
      ['b', '90'],
      ['a', '101'],
    ]);
    expect(sink.violations).toEqual([]);
  });

  it('drops what was deleted while the full set was on its way', async () => {
    const sink = new ModelSink();
    const intake = new WatchIntake(sink, null);
    await sink.begin();
    await intake.take([line('ADDED', 'a', 1), line('ADDED', 'b', 2), line('DELETED', 'a', 3), line('DELETED', 'b', 4)]);
    await intake.take([line('ADDED', 'b', 5)]);
    await intake.take([mark('5')]);
    expect([...sink.objects]).toEqual([['b', '5']]);
    expect(intake.version).toBe('5');
  });

  it.each([
    ['ADDED', line('ADDED', 'a', 8).replace('"uid":"a",', '')],
    ['an unknown type', line('RENAMED', 'a', 8)],
    ['a bookmark without a version', mark('')],
    ['no object', '[]'],
    ['no JSON', '{"type"'],
  ])('hands on what stands before a line that cannot be read: %s', async (_what, broken) => {
    const sink = new ModelSink();
    const intake = new WatchIntake(sink, '6');
    const taking = intake.take([line('ADDED', 'a', 7), broken, line('ADDED', 'b', 9)]);
    await expect(taking).rejects.toMatchObject({ kind: 'malformed' });
    expect([...sink.objects.keys()]).toEqual(['a']);
    expect(intake.version).toBe('7');
  });

  it('fails as an ERROR event says', async () => {
    const event = JSON.stringify({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    await expect(new WatchIntake(new ModelSink(), '6').take([event])).rejects.toMatchObject({ kind: 'gone' });
  });
});
