import { setTimeout as delay } from 'node:timers/promises';
import { summarizeInstances } from '@novita-fleet/client';
import type { Command } from 'commander';
import { followEvents } from './event-stream.js';
import { listAll } from './find-instance.js';
import { type ColumnName, instanceColumns } from './instance-words.js';
import { dollars, oneLine } from './output.js';
import { mustBeInteractive } from './read-commands.js';
import { ask, type InSession, type Session } from './session.js';

const COLUMNS: readonly ColumnName[] = ['name', 'status', 'gpu', 'region', 'price', 'cost', 'idle', 'stops', 'owner'];
const DRAW_MS = 1_000;
/** Costs and idle times move without an event. */
const READ_MS = 10_000;
/** However much happens. */
const LEAST_READ_MS = 3_000;
const LATEST_EVENTS = 5;
const [ENTER, LEAVE] = ['\u001B[?1049h\u001B[?25l', '\u001B[?25h\u001B[?1049l'];

/** `top`: the whole screen, dearest first, with the latest events below. */
export function addTop(program: Command, inSession: InSession): void {
  program
    .command('top')
    .description('a live view of what runs and what it costs, on the whole screen; q or Ctrl-C ends it')
    .action(
      inSession(async (session) => {
        mustBeInteractive(session, 'top');
        await new Top(session).run();
      }),
    );
}

class Top {
  private readonly events: string[] = [];
  private isStale = true;
  private head: readonly string[] = [];
  private rows: readonly string[] = [];

  constructor(private readonly session: Session) {}

  async run(): Promise<void> {
    const { out } = this.session;
    out.raw(ENTER);
    const stop = new AbortController();
    const signal = AbortSignal.any([this.session.signal, stop.signal]);
    const quit = (key: Buffer): void => {
      if (['q', '\u0003', '\u001B'].includes(key.toString())) stop.abort();
    };
    process.stdin.setRawMode(true).on('data', quit).resume();
    try {
      const both = [this.draw(signal), this.follow({ ...this.session, signal })];
      // The first that ends or fails ends the other.
      await Promise.all(both.map((task) => task.finally(() => stop.abort())));
    } finally {
      process.stdin.off('data', quit).setRawMode(false).pause();
      out.raw(LEAVE);
    }
  }

  private async draw(signal: AbortSignal): Promise<void> {
    for (let sinceRead = READ_MS; !signal.aborted; sinceRead += DRAW_MS) {
      if ((this.isStale && sinceRead >= LEAST_READ_MS) || sinceRead >= READ_MS) {
        [this.isStale, sinceRead] = [false, 0];
        await this.read().catch((error: unknown) => {
          this.head = [this.session.out.style('red', error instanceof Error ? error.message : String(error))];
        });
      }
      const height = process.stdout.rows ?? 24;
      const room = Math.max(1, height - this.head.length - LATEST_EVENTS - 3);
      const more = this.rows.length - 1 - room;
      const shown = more > 0 ? [...this.rows.slice(0, room), `… and ${more + 1} more`] : this.rows;
      this.session.out.raw(`\u001B[H\u001B[J${[...this.head, '', ...shown, '', ...this.events].join('\n')}`);
      await delay(DRAW_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async read(): Promise<void> {
    const { client, out } = this.session;
    const [{ figures, asOf, unknown }, instances] = await Promise.all([
      ask(this.session, summarizeInstances({ client })),
      listAll(this.session, { show: 'billed', sort: '-price' }),
    ]);
    this.head = [
      `${out.style('bold', 'novita-fleet')}  ${this.session.profile.url}  as of ${asOf}`,
      figures === null
        ? out.style('red', unknown?.message ?? 'nothing is known of the fleet yet')
        : `${figures.running.instances} running, ${out.style('bold', `${dollars(figures.costUsdPerHour)} an hour`)}; idle ${dollars(figures.idle.usdPerHour)}, billed though stopped ${dollars(figures.billedThoughStopped.usdPerHour)}, ${figures.attention.instances} need attention`,
    ];
    const known = instanceColumns(Date.now());
    this.rows = out.tableLines(
      instances,
      COLUMNS.map((name) => known[name]),
    );
  }

  private async follow(session: Session): Promise<void> {
    for await (const { type, data } of followEvents(session, '/api/v1/events', (sentence) => this.say(sentence))) {
      if (!type.includes('.')) continue;
      this.isStale = true;
      const instance = data['instance'] as { readonly name?: string } | undefined;
      this.say(`${String(data['at'])}  ${type}  ${instance?.name ?? ''}`);
    }
  }

  private say(sentence: string): void {
    this.events.push(this.session.out.style('dim', oneLine(sentence)));
    this.events.splice(0, this.events.length - LATEST_EVENTS);
  }
}
