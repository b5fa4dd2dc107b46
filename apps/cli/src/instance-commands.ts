import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type CommandAnswer,
  type CreateInstanceInput,
  deleteInstance,
  endInstanceLease,
  type Instance,
  type InstanceStatus,
  leaseInstance,
  reportInstanceUse,
  restartInstance,
  startInstance,
  stopInstance,
} from '@novita-fleet/client';
import { type Command, Option } from 'commander';
import { createOnce } from './create-once.js';
import { CommandFailure, EXIT } from './failure.js';
import { findInstance } from './find-instance.js';
import { dollars, duration } from './output.js';
import { mustBeInteractive, readDuration, readWholeNumber, showInstance } from './read-commands.js';
import { ask, type InSession, type Session } from './session.js';
import { waitFor } from './wait-for.js';

const WAIT_MS = 15 * 60_000;

/** What each command leads to. */
const AIMS = { start: 'ready', stop: 'stopped', restart: 'ready', rm: 'terminated' } as const;

interface WaitOptions {
  readonly for: InstanceStatus;
  readonly timeout: number;
}

interface CreateOptions {
  readonly gpu?: string;
  readonly gpus?: number;
  readonly image?: string;
  readonly template?: string;
  readonly region?: string;
  readonly billing?: CreateInstanceInput['billingMode'];
  readonly port?: readonly string[];
  readonly env?: readonly string[];
  readonly disk?: number;
  readonly stopAfter?: number;
  readonly endAfter?: number;
  readonly wait?: boolean;
  readonly timeout: number;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** What begins, changes and ends instances. */
export function addInstanceCommands(program: Command, inSession: InSession): void {
  program
    .command('create <name>')
    .description('rent a GPU: the cheapest in stock, in DEFAULT_REGION of the service first, then elsewhere')
    .option('--gpu <product>', 'name or id of the product, such as "RTX 4090"')
    .option('--gpus <number>', 'how many of it', readWholeNumber)
    .option('--image <image>', 'what to run')
    .option('--template <id>', "one of Novita's templates, instead of an image")
    .option('--region <region>', 'searched first, such as CN-HK-01; "any" for the cheapest anywhere')
    .addOption(new Option('--billing <mode>').choices(['onDemand', 'spot', 'monthly']))
    .option('--port <port/type>', 'such as 8080/http; may be repeated', collect)
    .option('--env <NAME=value>', 'may be repeated', collect)
    .option('--disk <GB>', 'size of its disk', readWholeNumber)
    .option('--stop-after <time>', 'stop it when it was not used for so long, such as 20m', readDuration)
    .option('--end-after <time>', 'stop it so long after its creation, whatever its use, such as 12h', readDuration)
    .option('--wait', 'until it is ready')
    .option('--timeout <time>', 'of --wait', readDuration, WAIT_MS)
    .action(
      inSession(async (session, options: CreateOptions, name: string) => {
        const made = await createOnce(session, requestOf(name, options), () => {
          if (!session.out.json) process.stderr.write('the service is still working on it\n');
        });
        if (options.wait !== true) {
          session.out.show(made, () => {
            session.out.line(made.message);
            session.out.line(`${made.id}  ${dollars(made.pricePerHour)} an hour`);
          });
          return;
        }
        if (!session.out.json) session.out.line(`${made.id}  ${dollars(made.pricePerHour)} an hour`);
        try {
          const ready = await waited(session, made.id, { for: 'ready', timeout: options.timeout });
          session.out.show(ready, () => showInstance(session, ready));
        } catch (error) {
          // It is rented all the same: whoever asked for it must know its id.
          if (session.out.json) session.out.show(made, () => undefined);
          throw error;
        }
      }),
    );

  const simple = {
    start: ['start a stopped instance', startInstance],
    stop: ['stop it; its disk stays, and may cost something', stopInstance],
    restart: ['restart it', restartInstance],
    rm: ['delete it, its disk included', deleteInstance],
  } as const;
  for (const verb of ['start', 'stop', 'restart', 'rm'] as const) {
    const [description, call] = simple[verb];
    program
      .command(`${verb} <instances...>`)
      .description(description)
      .option('--wait', `until Novita says so`)
      .option('--timeout <time>', 'of --wait', readDuration, WAIT_MS)
      .action(
        inSession(async (session, options: { wait?: boolean; timeout: number }, references: readonly string[]) => {
          await eachOf(
            session,
            references,
            (id) => ask<CommandAnswer>(session, call({ client: session.client, path: { id } })),
            options.wait === true ? (id) => waited(session, id, { for: AIMS[verb], timeout: options.timeout }) : null,
          );
        }),
      );
  }

  program
    .command('wait <instance>')
    .description('wait until it has a status; ends with 1 when it cannot be reached any more, or not in time')
    .addOption(new Option('--for <status>').choices(['ready', 'stopped', 'terminated']).default('ready'))
    .option('--timeout <time>', '', readDuration, WAIT_MS)
    .action(
      inSession(async (session, options: WaitOptions, reference: string) => {
        const { id } = await findInstance(session, reference);
        const instance = await waited(session, id, options);
        session.out.show(instance, () => session.out.line(`${instance.name} is ${instance.status}`));
      }),
    );

  program
    .command('use <instance>')
    .description('report that it is in use, so that it is not stopped as idle')
    .action(
      inSession(async (session, _options, reference: string) => {
        const { id, name } = await findInstance(session, reference);
        const answer = await ask(session, reportInstanceUse({ client: session.client, path: { id }, body: {} }));
        session.out.show(answer, () => session.out.line(`${name} is in use`));
      }),
    );

  program
    .command('lease <instance>')
    .description('keep it busy for a time, such as 3h; with --end no longer')
    .argument('[time]', 'such as 90m, 3h or 2d', readDuration)
    .option('--reason <text>', 'shown to others', 'leased by the command line')
    .option('--end', 'end the lease')
    .action(
      inSession(async (session, options: { reason: string; end?: boolean }, reference: string, time?: number) => {
        if ((options.end === true) === (time !== undefined)) {
          throw new CommandFailure('say for how long (novita-fleet lease NAME 3h), or --end', EXIT.usage);
        }
        const { id } = await findInstance(session, reference);
        const { client } = session;
        const answer =
          time === undefined
            ? await ask(session, endInstanceLease({ client, path: { id } }))
            : await ask(
                session,
                leaseInstance({
                  client,
                  path: { id },
                  body: { minutes: time / 60_000, reason: options.reason },
                }),
              );
        session.out.show(answer, () => session.out.line(answer.message));
      }),
    );

  program
    .command('ssh <instance> [command...]')
    .description('open a shell on it, or run a command there: novita-fleet ssh NAME -- nvidia-smi -L')
    .option('--print', 'only print the command')
    .action(
      inSession(async (session, options: { print?: boolean }, reference: string, command: readonly string[]) => {
        const instance = await findInstance(session, reference);
        const words = sshWords(instance);
        if (options.print === true || session.out.json) {
          session.out.show({ command: words }, () => session.out.line([...words, ...command].join(' ')));
          return;
        }
        const [program = 'ssh', ...args] = words;
        const child = spawn(program, [...args, ...command], { stdio: 'inherit' });
        const [code] = (await once(child, 'exit')) as [number | null];
        process.exitCode = code ?? EXIT.failed;
      }),
    );

  program
    .command('open <instance>')
    .description('the address of its first HTTP port, opened in a browser where there is one')
    .option('--port <port>', 'another of its ports')
    .option('--print', 'only print the address')
    .action(
      inSession(async (session, options: { port?: string; print?: boolean }, reference: string) => {
        const address = addressOf(await findInstance(session, reference), options.port);
        session.out.show({ address }, () => session.out.line(address));
        if (options.print === true || session.out.json || !session.out.isTerminal) return;
        mustBeInteractive(session, 'open');
        const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
        const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
        child.once('error', () => undefined);
        child.unref();
      }),
    );
}

/** @throws CommandFailure for what is no NAME=value */
function requestOf(name: string, options: CreateOptions): CreateInstanceInput {
  const envs = (options.env ?? []).map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new CommandFailure(`--env wants NAME=value, not "${text}"`, EXIT.usage);
    return { key: text.slice(0, at), value: text.slice(at + 1) };
  });
  return {
    name,
    ...(options.gpu !== undefined && { productName: options.gpu }),
    ...(options.gpus !== undefined && { gpuNum: options.gpus }),
    ...(options.image !== undefined && { image: options.image }),
    ...(options.template !== undefined && { templateId: options.template }),
    ...(options.region !== undefined && { region: options.region }),
    ...(options.billing !== undefined && { billingMode: options.billing }),
    ...(options.port !== undefined && { ports: [...options.port] }),
    ...(envs.length > 0 && { envs }),
    ...(options.disk !== undefined && { rootfsSize: options.disk }),
    ...(options.stopAfter !== undefined && { autoStop: { thresholdMinutes: options.stopAfter / 60_000 } }),
    ...(options.endAfter !== undefined && { maxLifetimeMinutes: Math.round(options.endAfter / 60_000) }),
  };
}

/**
 * Gives each the command, and waits then where that is wanted: what costs money is stopped before anything is waited for.
 * All of them, also after one that fails.
 *
 * @throws CommandFailure of the first that failed
 */
async function eachOf(
  session: Session,
  references: readonly string[],
  command: (id: string) => Promise<CommandAnswer>,
  wait: ((id: string) => Promise<Instance>) | null,
): Promise<void> {
  let failure: CommandFailure | null = null;
  const attempt = async <Result>(reference: string, act: () => Promise<Result>): Promise<Result | null> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      process.stderr.write(`${reference}: ${error.message}\n`);
      failure ??= new CommandFailure('', error.exitCode);
      return null;
    }
  };
  const commanded: (readonly [string, string])[] = [];
  for (const reference of references) {
    const answer = await attempt(reference, async () => command((await findInstance(session, reference)).id));
    if (answer === null) continue;
    commanded.push([reference, answer.id]);
    if (wait === null || !session.out.json) session.out.each(answer, () => answer.message);
  }
  if (wait !== null) {
    for (const [reference, id] of commanded) {
      const instance = await attempt(reference, () => wait(id));
      if (instance !== null) session.out.each(instance, () => `${instance.name} is ${instance.status}`);
    }
  }
  if (failure !== null) throw failure as CommandFailure;
}

/** @throws CommandFailure when the status cannot be reached any more, or not in time */
async function waited(session: Session, id: string, options: WaitOptions): Promise<Instance> {
  const aim = { status: options.for, timeoutMs: options.timeout };
  const say = (text: string): void => {
    if (!session.out.json) process.stderr.write(`${text}\n`);
  };
  const { outcome, instance } = await waitFor(
    session,
    id,
    aim,
    ({ name, status }) => say(`${name} is ${status}`),
    ({ message }) => say(`no answer at present (${message}); asking again`),
  );
  if (outcome === 'reached') return instance;
  const is = instance === null ? 'nothing is known of it' : `${instance.name} is ${instance.status}`;
  if (outcome === 'too-late') {
    throw new CommandFailure(`${is} after ${duration(options.timeout)}, and not ${options.for}`);
  }
  throw new CommandFailure(`${is}${instance.lastError === undefined ? '' : `: ${instance.lastError.message}`}`);
}

/** Each word by itself, so that no shell reads what Novita says. @throws CommandFailure */
function sshWords({ name, connectionDetails: { ssh } }: Instance): readonly string[] {
  if (ssh === undefined) throw new CommandFailure(`${name} has no SSH at present`);
  const words = ssh.command.trim().split(/\s+/);
  const isPlain = words[0] === 'ssh' && words.every((word) => /^[A-Za-z0-9@._:-]+$/.test(word));
  if (!isPlain) throw new CommandFailure(`the SSH command of ${name} is none that can be run: ${ssh.command}`);
  return words;
}

/** @throws CommandFailure */
function addressOf({ name, portMappings }: Instance, port: string | undefined): string {
  const wanted = portMappings.find((each) => (port === undefined ? each.type === 'http' : String(each.port) === port));
  if (wanted === undefined)
    throw new CommandFailure(`${name} has no ${port === undefined ? 'HTTP port' : `port ${port}`}`, EXIT.usage);
  if (wanted.endpoint === undefined) throw new CommandFailure(`port ${wanted.port} of ${name} has no address yet`);
  return wanted.endpoint;
}
