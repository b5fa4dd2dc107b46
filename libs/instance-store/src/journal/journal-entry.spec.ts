import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeLine,
  type JournalEntry,
  type JournalLine,
  parseJournal,
  parseLine,
  targetOf,
  withoutSecrets,
} from './journal-entry.js';

const AT = timestampFromMs(Date.UTC(2026, 0, 1));

const stop = (id: string, name = 'a'): JournalEntry => {
  const record = anInstance({ name });
  return { id, kind: 'stop', at: AT, by: 'user:ops', target: targetOf(record), record: withoutSecrets(record) };
};
const lineOf = (entry: JournalEntry): JournalLine => ({ line: 'entry', entry });

describe('a line of the journal', () => {
  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const written = lineOf(stop('1', name));
        const text = encodeLine(written);
        expect(text.indexOf('\n')).toBe(text.length - 1);
        expect(parseLine(text)).toEqual(JSON.parse(JSON.stringify(written)));
      }),
    );
  });

  it('is passed over when it was cut off or damaged anywhere', () => {
    const text = encodeLine(lineOf(stop('1'))).trimEnd();
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom('cut', 'changed'), (place, how) => {
        const damaged = how === 'cut' ? text.slice(0, place) : text.slice(0, place) + '~' + text.slice(place + 1);
        expect(parseLine(damaged)).toMatchObject({ line: 'unreadable', text: damaged });
      }),
    );
  });
});

describe('a journal', () => {
  it('holds what is not done, with what came after a torn line', () => {
    const [first, second, third] = [stop('1'), stop('2'), stop('3')];
    const torn = encodeLine(lineOf(second)).slice(0, 40);
    const owner = { namespace: 'here', pid: 7, started: '8' };
    const text = [
      encodeLine({ line: 'owner', owner }),
      encodeLine(lineOf(first)),
      `${torn}\n`,
      encodeLine(lineOf(third)),
      encodeLine({ line: 'done', ids: ['1'] }),
      torn,
    ].join('');
    const { entries, owner: read, unreadable } = parseJournal(text);
    expect(entries.map(({ id }) => id)).toEqual(['3']);
    expect(read).toEqual(owner);
    expect(unreadable.map((line) => line.text)).toEqual([torn, torn]);
  });

  it('holds no password, variable or address of an instance', () => {
    const record = anInstance({
      webhookUrl: 'https://secret.example',
      connection: {
        ssh: { command: 'ssh secret', password: 'secret' },
        jupyter: 'secret',
        webTerminal: null,
        portMappings: [],
      },
      spec: { envs: [{ key: 'TOKEN', value: 'secret' }], command: 'secret', entrypoint: 'secret' },
    });
    expect(JSON.stringify(withoutSecrets(record))).not.toContain('secret');
  });
});
