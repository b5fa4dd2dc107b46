import { MirrorUnavailableError } from '@app/catalogue-mirror';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '@app/instance-store';
import { QueueUnavailableError } from '@app/jobs';
import { SyncStatusUnavailableError } from '@app/sync-status';
import type { SimProcess } from './process.js';
import type { Wire } from './wire.js';

/** Methods that only read cannot leave anything undone behind them. */
const WRITES = new Set(['insert', 'write', 'remove', 'insertMany', 'restore', 'touch', 'claim', 'warn']);

/** Methods that answer piece by piece. */
const STREAMS = new Set<string | symbol>(['watch', 'scanNovitaIds']);

const AWAY = 'Redis cannot be reached';
const NO_ANSWER = 'no answer from Redis';

/** As the adapter for Redis of the same port fails. */
function errorOf(port: string, method: string, args: readonly unknown[], isDone: boolean): unknown {
  const text = isDone ? NO_ANSWER : AWAY;
  switch (port) {
    case 'JobQueue':
    case 'WorkerPresence':
      return new QueueUnavailableError(text);
    case 'LockKeeper':
    case 'LeaseKeeper':
      return Object.assign(new Error(text), { code: isDone ? 'ETIMEDOUT' : 'ECONNREFUSED' });
    case 'SyncStatusStore':
    case 'RunNotes':
      return new SyncStatusUnavailableError(text);
    case 'CatalogueMirror':
      return new MirrorUnavailableError(text);
    default: {
      const unavailable = new StoreUnavailableError(text);
      const id = isDone && WRITES.has(method) ? idIn(args[0]) : null;
      return id === null ? unavailable : new WriteOutcomeUnknownError(id, unavailable);
    }
  }
}

type RecordId = ConstructorParameters<typeof WriteOutcomeUnknownError>[0];

function idIn(argument: unknown): RecordId | null {
  if (typeof argument === 'string') return argument as RecordId;
  if (typeof argument !== 'object' || argument === null || !('id' in argument)) return null;
  return typeof argument.id === 'string' ? (argument.id as RecordId) : null;
}

/**
 * A port of the state that processes share, as one process sees it: each of its calls goes over the wire.
 * @param present the adapter that holds the state at the time of a call
 * @param name of the port, by which its errors are known
 */
export function overTheWire(present: () => object, name: string, process: SimProcess, wire: Wire): object {
  const methods = new Map<string | symbol, unknown>();
  return new Proxy(present(), {
    get(real, member) {
      const known = methods.get(member);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(real, member);
      if (typeof value === 'object' && value !== null) {
        return overTheWire(() => value, `${name}/${String(member)}`, process, wire);
      }
      if (typeof value !== 'function') return value;
      const label = process.labelOf(`${name}.${String(member)}`);
      const method = (...args: unknown[]): unknown => {
        const lostError = (isDone: boolean): unknown => errorOf(name, String(member), args, isDone);
        if (STREAMS.has(member)) {
          const source = Reflect.apply(value, present(), args) as AsyncIterable<unknown>;
          return member === 'watch'
            ? wire.follow(process, label.name, source)
            : wire.pages(process, label, source, lostError);
        }
        return wire.call(process, {
          label,
          place: 'redis',
          args,
          perform: async () => {
            const adapter = present();
            return Reflect.apply(Reflect.get(adapter, member) as () => unknown, adapter, args);
          },
          lostError,
        });
      };
      methods.set(member, method);
      return method;
    },
  });
}
