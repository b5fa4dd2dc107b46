import { setTimeout as delay } from 'node:timers/promises';
import { listInstances, summarizeInstances } from '@novita-fleet/client';
import type { Command } from 'commander';
import { followEvents } from './event-stream.js';
import { CommandFailure, EXIT } from './failure.js';
import { oneLine } from './output.js';
import { mustBeInteractive } from './read-commands.js';
import { ask, type Environment, type InSession, type Session } from './session.js';
import { drawTop, type TopView } from './top-screen.js';

const DRAW_MS = 1_000;
/** Costs and idle times move without an event. */
const READ_MS = 10_000;
/** However much happens. */
const LEAST_READ_MS = 3_000;
const EVENTS_KEPT = 5;
/** The largest page of the list, and more than any screen shows. */
const INSTANCES_AT_MOST = 200;

/** The other screen, no cursor, and no wrapping: a letter may be wider than it counts. */
const [ENTER, LEAVE] = ['\u001B[?1049h\u001B[?25l\u001B[?7l', '\u001B[?7h\u001B[?25h\u001B[?1049l'];
/** A line is emptied before it is written: behind one as wide as the screen, its last letter would go. */
const [HOME, EMPTY_LINE] = ['\u001B[H', '\u001B[2K'];
const [CTRL_C, ESCAPE] = ['\u0003', '\u001B'];
const QUITS: readonly string[] = ['q', CTRL_C];
/** What a key such as an arrow sends: it holds letters that are no keys. */
const SEQUENCE = new RegExp(`${ESCAPE}[[O][\\d;]*[A-Za-z~]`, 'g');

/** `top`: the whole screen, dearest first, with the latest events below. */
export function addTop(program: Command, inSession: InSession, env: Environment): void {
  program
    .command('top')
    .description('a live view of what runs and what it costs, on the whole screen; q or Ctrl-C ends it')
    .action(
      inSession(async (session) => {
        mustBeInteractive(session, 'top');
        if (!process.stdin.isTTY || env['TERM'] === 'dumb') {
          throw new CommandFailure('top wants a terminal with a keyboard and a cursor that can be moved', EXIT.usage);
        }
        await new Top(session).run();
      }),
    );
}

class Top {
  private view: TopView;
  private isStale = true;

  constructor(private readonly session: Session) {
    this.view = { url: session.profile.url, read: null, trouble: null, events: [] };
  }

  async run(): Promise<void> {
    const { out } = this.session;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.session.signal, stop.signal]);
    const onKey = (keys: Buffer): void => {
      if (isQuit(keys.toString())) stop.abort();
    };
    const onSignal = (name: NodeJS.Signals): void => {
      process.exitCode = name === 'SIGHUP' ? 129 : 143;
      stop.abort();
    };
    const onResize = (): void => this.draw();
    process.once('SIGTERM', onSignal).once('SIGHUP', onSignal);
    process.stdout.on('resize', onResize);
    process.stdin.setRawMode(true).on('data', onKey).resume();
    out.raw(ENTER);
    try {
      const all = [this.drawing(signal), this.reading(signal), this.following(signal)];
      // The first that ends or fails ends the others.
      await Promise.all(all.map((task) => task.finally(() => stop.abort())));
    } finally {
      process.stdout.off('resize', onResize);
      process.off('SIGTERM', onSignal).off('SIGHUP', onSignal);
      process.stdin.off('data', onKey).setRawMode(false).pause();
      out.raw(LEAVE);
    }
  }

  private async drawing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.draw();
      await delay(DRAW_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Over what is there, line by line: a screen that is emptied first flickers. */
  private draw(): void {
    const { out } = this.session;
    const size = { columns: out.width ?? 80, rows: out.height ?? 24 };
    const lines = drawTop(this.view, size, out, Date.now());
    out.raw(HOME + lines.map((line) => `${EMPTY_LINE}${line}`).join('\r\n'));
  }

  private async reading(signal: AbortSignal): Promise<void> {
    for (let sinceRead = READ_MS; !signal.aborted; sinceRead += DRAW_MS) {
      if ((this.isStale && sinceRead >= LEAST_READ_MS) || sinceRead >= READ_MS) {
        [this.isStale, sinceRead] = [false, 0];
        await this.read(signal);
        if (!signal.aborted) this.draw();
      }
      await delay(DRAW_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @throws CommandFailure for what the next try does not mend, such as a key that is rejected */
  private async read(signal: AbortSignal): Promise<void> {
    const session: Session = { ...this.session, signal };
    const { client } = session;
    const query = { show: 'billed', sort: '-price', limit: INSTANCES_AT_MOST } as const;
    try {
      const [summary, page] = await Promise.all([
        ask(session, summarizeInstances({ client })),
        ask(session, listInstances({ client, query })),
      ]);
      const billed = page.nextCursor === null ? page.instances.length : page.total;
      this.view = { ...this.view, read: { summary, instances: page.instances, billed }, trouble: null };
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CommandFailure) || error.exitCode === EXIT.access) throw error;
      this.view = { ...this.view, trouble: error.message };
    }
  }

  private async following(signal: AbortSignal): Promise<void> {
    const session: Session = { ...this.session, signal };
    for await (const { type, data } of followEvents(session, '/api/v1/events', (sentence) => this.say(sentence))) {
      if (type === 'reset') this.isStale = true;
      if (!type.includes('.')) continue;
      this.isStale = true;
      const instance = data['instance'] as { readonly name?: string } | undefined;
      const at = typeof data['at'] === 'string' ? data['at'] : 'time unknown';
      this.say(`${at}  ${type}  ${instance?.name ?? ''}`);
    }
  }

  private say(sentence: string): void {
    this.view = { ...this.view, events: [...this.view.events, oneLine(sentence).trim()].slice(-EVENTS_KEPT) };
  }
}

/** @param keys what the terminal sends: one key, or several that were pressed or pasted together */
export function isQuit(keys: string): boolean {
  return keys === ESCAPE || QUITS.some((key) => keys.replace(SEQUENCE, '').includes(key));
}
