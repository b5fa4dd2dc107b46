import { getMe } from '@novita-fleet/client';
import type { Command } from 'commander';
import { CommandFailure, EXIT } from './failure.js';
import {
  ask,
  cleanUrl,
  clientOf,
  type Environment,
  type InSession,
  namedIn,
  profilesPath,
  readProfiles,
  writeProfiles,
} from './session.js';

/** Fleets and keys by a name, so that no key stands in the history of a shell. */
export function addProfileCommands(program: Command, inSession: InSession, env: Environment): void {
  const profile = program.command('profile').description('fleets and keys, by a name of yours');
  profile
    .command('add <name> <url>')
    .description(
      'keep a fleet and its key, and use it from now on; the key is NOVITA_FLEET_KEY, or the first line of the input',
    )
    .action(
      inSession(async (session, _options, name: string, url: string) => {
        if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
          throw new CommandFailure('a name has letters, digits, - and _', EXIT.usage);
        // What is typed would stay on the screen.
        const key = namedIn(env).key ?? (process.stdin.isTTY ? null : await firstLine());
        const made = { url: cleanUrl(url), key: key === '' ? null : key };
        const me =
          made.key === null
            ? null
            : await ask({ ...session, profile: made }, getMe({ client: clientOf(made, session.signal) }));
        const { profiles } = await readProfiles(env);
        await writeProfiles(env, { current: name, profiles: { ...profiles, [name]: made } });
        session.out.show({ name, url: made.url, role: me?.role ?? null }, () =>
          session.out.line(
            `kept in ${profilesPath(env)}; ${me === null ? 'it has no key' : `the key is ${me.name}, ${me.role}`}`,
          ),
        );
      }),
    );
  profile.command('list', { isDefault: true }).action(
    inSession(async ({ out }) => {
      const { current, profiles } = await readProfiles(env);
      const rows = Object.entries(profiles).map(([name, { url, key }]) => ({
        name,
        url,
        hasKey: key !== null,
        current: name === current,
      }));
      out.show(rows, () =>
        out.table(rows, [
          { title: '', of: (row) => (row.current ? '*' : '') },
          { title: 'NAME', of: ({ name }) => name },
          { title: 'ADDRESS', of: ({ url }) => url },
          { title: 'KEY', of: ({ hasKey }) => (hasKey ? 'kept' : 'none') },
        ]),
      );
    }),
  );
  profile
    .command('use <name>')
    .description('the one that counts when none is named')
    .action(
      inSession(async ({ out }, _options, name: string) => {
        const file = await readProfiles(env);
        if (file.profiles[name] === undefined) throw new CommandFailure(`there is no profile "${name}"`, EXIT.notFound);
        await writeProfiles(env, { ...file, current: name });
        out.show({ current: name }, () => out.line(`${name} from now on`));
      }),
    );
  profile.command('rm <name>').action(
    inSession(async ({ out }, _options, name: string) => {
      const { current, profiles } = await readProfiles(env);
      const { [name]: removed, ...others } = profiles;
      if (removed === undefined) throw new CommandFailure(`there is no profile "${name}"`, EXIT.notFound);
      await writeProfiles(env, { current: current === name ? null : current, profiles: others });
      out.show({ removed: name }, () => out.line(`${name} is forgotten`));
    }),
  );
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text.split('\n')[0]?.trim() ?? '';
}
