import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { addCompletion } from './completion.js';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import { addFleetCommands } from './fleet-commands.js';
import { addInstanceCommands } from './instance-commands.js';
import { addMcp } from './mcp-command.js';
import { Output, wantsColour } from './output.js';
import { addProfileCommands } from './profile-commands.js';
import { addReadCommands } from './read-commands.js';
import { clientOf, type Environment, type InSession, resolveProfile, type Session } from './session.js';
import { addSync } from './sync-command.js';
import { addTop } from './top.js';

const DESCRIPTION = `The fleet of GPU instances, from a terminal.

  NOVITA_FLEET_URL   where it is; default http://127.0.0.1:3000
  NOVITA_FLEET_KEY   an API key

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no access, 4 not found.`;

/** Runs one command. Never rejects: what fails is said on stderr, and is the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  const env: Environment = process.env;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // A reader that has seen enough, such as `head`, closes the pipe.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed));
  const program = createProgram(env, stop.signal);
  let isJson = false;
  try {
    program.hook('preAction', (_program, command) => {
      isJson = command.optsWithGlobals<{ json?: boolean }>().json === true;
    });
    await program.parseAsync([...argv]);
  } catch (error) {
    // An end by Ctrl-C needs no word, but for what the user has to know of it.
    const isToBeSaid = !stop.signal.aborted || error instanceof CommandFailure;
    const code = isToBeSaid ? sayFailure(error, isJson) : EXIT.failed;
    process.exitCode = stop.signal.aborted ? 130 : code;
  }
}

function createProgram(env: Environment, signal: AbortSignal): Command {
  const program = new Command('novita-fleet')
    .description(DESCRIPTION)
    .option('--json', 'answers as JSON, streams as a line of JSON each')
    .option('--profile <name>', 'a profile that `novita-fleet profile add` has kept')
    .option('--no-color', 'no colours')
    .exitOverride()
    .showHelpAfterError('(--help shows how)')
    .configureHelp({ showGlobalOptions: true });
  const inSession: InSession =
    (act) =>
    async (...received) => {
      const command = received.at(-1) as Command;
      const options = command.optsWithGlobals<{ json?: boolean; profile?: string; color?: boolean }>();
      const hasColour = options.color !== false && wantsColour(env, process.stdout);
      const out = new Output(process.stdout, options.json === true, hasColour);
      const profile = await resolveProfile(env, options.profile);
      const session: Session = { client: clientOf(profile, signal), profile, out, signal };
      await act(session, options as never, ...(received.slice(0, -2) as never[]));
    };
  addReadCommands(program, inSession);
  addInstanceCommands(program, inSession);
  addFleetCommands(program, inSession);
  addSync(program, inSession);
  addTop(program, inSession, env);
  addProfileCommands(program, inSession, env);
  addMcp(program, inSession);
  addCompletion(program, inSession);
  program
    .command('up')
    .description('run the whole service on this machine, as `npm start` does')
    .action(async () => {
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL('../../../../scripts/start.mjs', import.meta.url))],
        {
          stdio: 'inherit',
        },
      );
      const [code] = (await once(child, 'exit')) as [number | null];
      process.exitCode = code ?? EXIT.failed;
    });
  return program;
}

/** @returns the exit code */
function sayFailure(error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof CommandFailure) {
    if (isJson && error instanceof ApiProblem) process.stderr.write(`${JSON.stringify(error.problem)}\n`);
    else if (error.message !== '') process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failed;
}
