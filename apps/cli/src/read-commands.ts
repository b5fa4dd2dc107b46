import { setTimeout as delay } from 'node:timers/promises';
import { explainIdle, type Instance, type ListInstancesData } from '@novita-fleet/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { followEvents } from './event-stream.js';
import { CommandFailure, EXIT } from './failure.js';
import { findInstance, listAll } from './find-instance.js';
import { type ColumnName, DEFAULT_COLUMNS, describe, instanceColumns } from './instance-words.js';
import { dollars, duration, oneLine } from './output.js';
import { ask, type InSession, type Session } from './session.js';

type Filter = NonNullable<ListInstancesData['query']>;

/** A list that is watched is drawn anew so long after a change, so that many changes are one drawing. */
const SETTLE_MS = 1_000;
/** Prices add up and deadlines come nearer without an event. */
const REDRAW_MS = 5_000;

const FILTERS = [
  'status',
  'region',
  'name',
  'search',
  'product',
  'owner',
  'origin',
  'billing',
  'show',
  'sort',
] as const;

function columnsFrom(text: string): readonly ColumnName[] {
  const known = Object.keys(instanceColumns(0));
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no column "${unknown}"; there are ${known.join(', ')}`);
  return names as ColumnName[];
}

/** `ls`, `get`, `why`: what there is, and why. */
export function addReadCommands(program: Command, inSession: InSession): void {
  const ls = program
    .command('ls')
    .description('list instances; terminated ones only with --status terminated')
    .option('--status <statuses>', 'any of these, separated by commas')
    .option('--region <regions>', 'any of these, separated by commas')
    .option('--name <text>', 'anywhere in the name')
    .option('--search <text>', 'anywhere in name, id, image, template or product')
    .option('--product <products>', 'any of these, separated by commas')
    .option('--owner <owners>', 'any of these, separated by commas')
    .option('--origin <origins>', 'managed, adopted, discovered; separated by commas')
    .option('--billing <modes>', 'onDemand, monthly, spot; separated by commas')
    .addOption(
      new Option('--show <what>', 'only those').choices([
        'running',
        'billed',
        'billed-though-stopped',
        'idle',
        'attention',
      ]),
    )
    .option('--sort <order>', 'such as name, -price, idle, stopsAt; - begins with the greatest')
    .option('--columns <names>', `such as ${DEFAULT_COLUMNS.join(',')}`, columnsFrom)
    .option('-w, --watch', 'stay, and show every change');
  ls.action(
    inSession(async (session, options: Filter & { columns?: readonly ColumnName[]; watch?: boolean }) => {
      const entries = FILTERS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
      const filter = Object.fromEntries(entries) as Filter;
      const columns = options.columns ?? DEFAULT_COLUMNS;
      if (options.watch === true) await watchList(session, filter, columns);
      else showList(session, await listAll(session, filter), columns);
    }),
  );

  program
    .command('get <instance>')
    .description('everything about one instance, by its name or id')
    .action(
      inSession(async (session, _options, reference: string) => {
        const instance = await findInstance(session, reference);
        session.out.show(instance, () => showInstance(session, instance));
      }),
    );

  program
    .command('why <instance>')
    .description('why it is kept or stopped, and when')
    .action(
      inSession(async (session, _options, reference: string) => {
        const { id, name } = await findInstance(session, reference);
        const why = await ask(session, explainIdle({ client: session.client, path: { id } }));
        session.out.show(why, () => {
          session.out.line(`${session.out.style('bold', oneLine(name))}: ${oneLine(why.reason)}`);
          if (why.stopAt !== undefined)
            session.out.line(`Stops at ${why.stopAt}, in ${duration(Date.parse(why.stopAt) - Date.now())}.`);
          for (const { kind, at, by } of why.signs) session.out.line(`  last ${kind}: ${at}, by ${by}`);
          if (why.verdict !== 'stop' && why.exemption !== undefined) return;
          session.out.line(
            `Keep it: novita-fleet use ${name}, or novita-fleet lease ${name} 3h. End it: novita-fleet stop ${name}.`,
          );
        });
      }),
    );
}

function showList({ out }: Session, instances: readonly Instance[], columns: readonly ColumnName[]): void {
  out.show(instances, () => {
    if (instances.length === 0) {
      out.line('No instance matches.');
      return;
    }
    const known = instanceColumns(Date.now());
    out.table(
      instances,
      columns.map((name) => known[name]),
    );
    out.line(sumOf(instances));
  });
}

function sumOf(instances: readonly Instance[]): string {
  const billed = instances.filter(({ billedNow }) => billedNow !== undefined);
  const unpriced = billed.filter(({ pricePerHour }) => pricePerHour === undefined).length;
  const sum = billed.reduce((usd, { pricePerHour = 0 }) => usd + pricePerHour, 0);
  const unknown = unpriced === 0 ? '' : `, and ${unpriced} whose price is unknown`;
  return `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}, ${billed.length} billed: ${dollars(sum)} an hour${unknown}`;
}

/** To people the list drawn anew, to programs a line for each change: that of an instance which does not match any more, too. */
async function watchList(session: Session, filter: Filter, columns: readonly ColumnName[]): Promise<void> {
  const { out } = session;
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const own: Session = { ...session, signal };
  const known = new Map<string, string>();
  const draw = async (): Promise<void> => {
    const instances = await listAll(session, filter);
    if (!out.json) {
      if (out.isTerminal) out.raw('\u001B[2J\u001B[H');
      showList(session, instances, columns);
      return;
    }
    for (const instance of instances) {
      const text = JSON.stringify(instance);
      if (known.get(instance.id) === text) continue;
      known.set(instance.id, text);
      out.each(instance, () => '');
    }
    const listed = new Set(instances.map(({ id }) => id));
    for (const id of [...known.keys()].filter((each) => !listed.has(each))) {
      known.delete(id);
      out.each({ id, listed: false }, () => '');
    }
  };
  let isDue = true;
  const drawing = async (): Promise<void> => {
    for (let waited = 0; !signal.aborted; waited += SETTLE_MS) {
      if (isDue || waited >= REDRAW_MS) {
        [isDue, waited] = [false, 0];
        // What fails now may be well again in a moment.
        await draw().catch((error: unknown) => {
          if (!(error instanceof CommandFailure) || error.exitCode !== EXIT.failed) throw error;
          process.stderr.write(`${error.message}\n`);
        });
      }
      await delay(SETTLE_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const following = async (): Promise<void> => {
    for await (const { type } of followEvents(own, '/api/v1/events?types=instance.*', sayAside)) {
      isDue ||= type.startsWith('instance.') || type === 'reset';
    }
  };
  // The first that fails ends the other.
  const either = [drawing(), following()].map((task) => task.finally(() => stop.abort()));
  await Promise.all(either);
}

export function showInstance({ out }: Session, instance: Instance): void {
  const lines = describe(instance, Date.now());
  const width = Math.max(...lines.map(([title]) => title.length));
  for (const [title, text] of lines) out.line(`${out.style('dim', title.padEnd(width))}  ${oneLine(text)}`);
}

/** @returns milliseconds of `90s`, `20m`, `3h`, `2d`; a bare number counts minutes @throws InvalidArgumentError */
export function readDuration(text: string): number {
  const [, amount, unit = 'm'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('a time such as 90s, 20m, 3h or 2d');
  const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(amount) * (units[unit] ?? Number.NaN);
}

/** @throws InvalidArgumentError */
export function readWholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

/** @throws CommandFailure */
export function mustBeInteractive({ out }: Session, what: string): void {
  if (!out.isTerminal) throw new CommandFailure(`${what} wants a terminal`, EXIT.usage);
}

const sayAside = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
