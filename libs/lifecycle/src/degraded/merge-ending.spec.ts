import type { EndingCommand, EndingObservation, InstanceRecord } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POLICY } from '../../test/fakes/world.js';
import { applyCommand } from '../commands/command-rules.js';
import type { RunCommand } from '../commands/instance-commands.js';
import { mergeEnding } from './merge-ending.js';

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number) => timestampFromMs(START + seconds * 1_000);

const running = (overrides: Partial<InstanceRecord> = {}): InstanceRecord =>
  anInstance({ status: 'ready', desired: { state: 'running', at: at(0), by: 'user:test' }, ...overrides });

const entry = (kind: EndingCommand['kind'], seconds: number) => ({ kind, at: at(seconds), by: 'user:ops' }) as const;

/** As the replay does. */
function replayed(record: InstanceRecord, command: Parameters<typeof mergeEnding>[1]): InstanceRecord {
  const merge = mergeEnding(record, command, POLICY);
  return merge.kind === 'applies' ? merge.record : record;
}

describe('a stop or delete from the journal', () => {
  it('is desired from the time on at which it was asked for, and is due at once', () => {
    const next = replayed(running(), entry('stop', 5));
    expect(next).toMatchObject({
      status: 'stopping',
      confirmedAt: null,
      desired: { state: 'stopped', at: at(5), by: 'user:ops' },
      deadlines: { nextReconcileAt: at(5) },
    });
    expect(replayed(running(), entry('delete', 5))).toMatchObject({
      status: 'deleting',
      desired: { state: 'deleted' },
    });
  });

  it.each([
    ['something newer is desired', { desired: { state: 'running', at: at(6), by: 'user:b' } }, 'superseded'],
    ['it is being deleted', { desired: { state: 'deleted', at: at(1), by: 'user:b' } }, 'superseded'],
    ['it is stopped already', { desired: { state: 'stopped', at: at(1), by: 'auto-stop' } }, 'is-so'],
    ['it is gone', { status: 'terminated' }, 'gone'],
    ['nobody has adopted it', { origin: 'discovered' }, 'not-ours'],
    ['it is being moved', { status: 'migrating' }, 'busy'],
  ] as const)('changes nothing when %s', (_, overrides, kind) => {
    expect(mergeEnding(running(overrides), entry('stop', 5), POLICY)).toEqual({ kind });
  });

  const observed = (more: Partial<EndingObservation>): EndingObservation => ({
    novitaInstanceId: 'n1' as NovitaInstanceId,
    lastStartedAt: at(1),
    ...more,
  });

  it('leaves what was started again since, unless a worker did so for what was desired before', () => {
    const stop = { ...entry('stop', 5), observed: observed({ startedAgainAt: at(9) }) };
    expect(mergeEnding(running(), stop, POLICY)).toEqual({ kind: 'started-again' });
    const sentAt = (seconds: number) => running({ attempts: { ...running().attempts, lastCommandAt: at(seconds) } });
    expect(mergeEnding(sentAt(4), stop, POLICY)).toEqual({ kind: 'started-again' });
    expect(mergeEnding(sentAt(6), stop, POLICY)).toMatchObject({ kind: 'applies', record: { status: 'stopping' } });
  });

  it('is confirmed by what was observed of it, so that a start that follows it is not undone', () => {
    const stop = { ...entry('stop', 5), observed: observed({ stoppedAt: at(8) }) };
    expect(replayed(running(), stop)).toMatchObject({
      status: 'stopped',
      confirmedAt: at(8),
      desired: { state: 'stopped', at: at(5), by: 'user:ops' },
      timestamps: { stopped: at(8) },
      deadlines: { nextReconcileAt: at(5) },
    });
    const restarted = running({ attempts: { ...running().attempts, lastCommandAt: at(9) } });
    expect(replayed(restarted, stop)).toMatchObject({ status: 'stopping', confirmedAt: null });
  });

  it('is said to be by whoever asked for it when a worker has taken it for a stop at the console', () => {
    const stopped = running({
      status: 'stopped',
      confirmedAt: at(8),
      desired: { state: 'stopped', at: at(8), by: 'console' },
    });
    const next = replayed(stopped, entry('stop', 5));
    expect(next).toEqual({ ...stopped, desired: { state: 'stopped', at: at(8), by: 'user:ops' } });
    expect(mergeEnding(next, entry('stop', 5), POLICY)).toEqual({ kind: 'is-so' });
  });

  it('leaves what was asked for last, however writes to the store and replays come in between, and however often', () => {
    const asked = fc.record({
      command: fc.constantFrom<RunCommand>('start', 'stop', 'delete'),
      inJournal: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(asked, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat({ max: 20 }), { maxLength: 20 }),
        (commands, replays) => {
          let record = running();
          const journal: ReturnType<typeof entry>[] = [];
          const taken: { readonly command: RunCommand; readonly seconds: number }[] = [
            { command: 'start', seconds: 0 },
          ];
          const replayOne = (which: number): void => {
            const command = journal[which % Math.max(1, journal.length)];
            if (command !== undefined) record = replayed(record, command);
          };
          commands.forEach(({ command, inJournal }, i) => {
            const seconds = i + 1;
            if (inJournal && (command === 'stop' || command === 'delete')) {
              journal.push(entry(command, seconds));
              taken.push({ command, seconds });
            } else {
              const before = record;
              try {
                record = applyCommand(record, command, 'user:b', START + seconds * 1_000, POLICY);
              } catch {
                // Refused: it was not taken.
              }
              if (record !== before) taken.push({ command, seconds });
            }
            const which = replays[i];
            if (which !== undefined) replayOne(which);
          });
          for (const which of replays) replayOne(which);
          // As the replay that is not cut off: all, in the order of their times, twice.
          for (const command of [...journal, ...journal]) record = replayed(record, command);
          const last = taken.at(-1);
          const allowed = {
            start: ['running'],
            stop: ['stopped', 'deleted'],
            delete: ['deleted'],
            restart: [],
          } as const;
          expect(allowed[last?.command ?? 'start']).toContain(record.desired.state);
          if (record.desired.state === 'deleted') expect(taken.some(({ command }) => command === 'delete')).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
