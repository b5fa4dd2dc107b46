import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Client, createClient, createConfig } from '@novita-fleet/client';
import { ApiProblem, CommandFailure, EXIT, isProblem, NoAnswer } from './failure.js';
import type { Output } from './output.js';

/** Where the fleet is, and the key by which it is asked. */
export interface Profile {
  readonly url: string;
  readonly key: string | null;
}

interface ProfileFile {
  /** The profile that counts when none is named. */
  readonly current: string | null;
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** What every command works with. */
export interface Session {
  readonly client: Client;
  readonly profile: Profile;
  readonly out: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What a call of the API needs. */
export type ApiSession = Omit<Session, 'out'>;

/** Makes the handler of a command, which gets a session, its options and its arguments. */
export type InSession = (
  act: (session: Session, options: never, ...args: never[]) => Promise<void>,
) => (...received: unknown[]) => Promise<void>;

const DEFAULT_URL = 'http://127.0.0.1:3000';
const NONE: ProfileFile = { current: null, profiles: {} };
/** A read of the API takes far less; a command that waits for Novita may take a while. */
const ANSWER_MS = 90_000;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The profile that is named, or NOVITA_FLEET_URL and NOVITA_FLEET_KEY, or the current profile, or a fleet on this machine.
 * A key goes to no other fleet than that which it was given for.
 *
 * @param named by `--profile`
 * @throws CommandFailure for a name that there is no profile of, and for an address that is none
 */
export async function resolveProfile(env: Environment, named: string | undefined): Promise<Profile> {
  const { current, profiles } = await readProfiles(env);
  const there = namedIn(env);
  const isNamedThere = there.url !== null || there.key !== null;
  const name = named ?? there.profile ?? (isNamedThere ? undefined : (current ?? undefined));
  if (name !== undefined && profiles[name] === undefined) {
    throw new CommandFailure(`there is no profile "${name}"; \`novita-fleet profile list\` shows them`, EXIT.usage);
  }
  const kept = name === undefined ? undefined : profiles[name];
  const url = kept?.url ?? there.url ?? DEFAULT_URL;
  return { url: cleanUrl(url), key: kept === undefined ? there.key : kept.key };
}

/** What the environment names; a variable that is empty names nothing. */
export function namedIn(env: Environment): Record<'url' | 'key' | 'profile', string | null> {
  return {
    url: env['NOVITA_FLEET_URL'] || null,
    key: env['NOVITA_FLEET_KEY'] || null,
    profile: env['NOVITA_FLEET_PROFILE'] || null,
  };
}

/** @throws CommandFailure */
export function cleanUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandFailure(`"${text}" is no http or https address`, EXIT.usage);
  }
  return url.href.replace(/\/+$/, '');
}

export async function readProfiles(env: Environment): Promise<ProfileFile> {
  const path = profilesPath(env);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new CommandFailure(`${path} cannot be read: ${error.message}`);
  });
  if (text === null) return NONE;
  try {
    return parseProfiles(JSON.parse(text));
  } catch {
    throw new CommandFailure(`${path} is damaged; remove it, or mend its JSON`);
  }
}

/** Readable by its owner only: it holds keys. */
export async function writeProfiles(env: Environment, file: ProfileFile): Promise<void> {
  const path = profilesPath(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, path);
}

export function profilesPath(env: Environment): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'novita-fleet', 'profiles.json');
}

function parseProfiles(value: unknown): ProfileFile {
  const { current, profiles } = value as Partial<Record<'current' | 'profiles', unknown>>;
  if (typeof profiles !== 'object' || profiles === null) throw new TypeError('no profiles');
  const known = Object.entries(profiles).map(([name, profile]): [string, Profile] => {
    const { url, key } = profile as Partial<Record<'url' | 'key', unknown>>;
    if (typeof url !== 'string') throw new TypeError(`profile ${name} has no url`);
    return [name, { url, key: typeof key === 'string' ? key : null }];
  });
  return { current: typeof current === 'string' ? current : null, profiles: Object.fromEntries(known) };
}

export function clientOf({ url, key }: Profile, signal: AbortSignal): Client {
  return createClient(
    createConfig({
      baseUrl: url,
      ...(key !== null && { auth: key }),
      headers: { accept: 'application/json', 'user-agent': 'novita-fleet-cli' },
      fetch: (input, init) =>
        fetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) }),
    }),
  );
}

interface Answer<Data> {
  readonly data?: Data | undefined;
  readonly error?: unknown;
  readonly response?: Response | undefined;
}

/** Seconds, as the fleet gives them; a time, as a proxy before it may, counts as nothing said. */
function retryAfterMs(response: Response | undefined): number | null {
  const text = response?.headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : null;
}

/**
 * What the API answers, as a command wants it.
 *
 * @throws ApiProblem; NoAnswer when nobody answers, or somebody else does; CommandFailure; the reason of the signal
 */
export async function ask<Data>(
  { profile: { url, key }, signal }: ApiSession,
  call: Promise<Answer<Data>>,
): Promise<Data> {
  const { data, error, response } = await call.catch((error: unknown): Answer<Data> => ({ error }));
  signal.throwIfAborted();
  if (response?.ok === true && data !== undefined) return data;
  if (isProblem(error)) {
    if (error.status === 401 && key === null) {
      throw new CommandFailure(
        `${url} wants a key: set NOVITA_FLEET_KEY, or keep one with \`novita-fleet profile add\``,
        EXIT.access,
      );
    }
    throw new ApiProblem(error, retryAfterMs(response));
  }
  if (response !== undefined) throw new NoAnswer(`${url} answers ${response.status}, and not as a fleet does`, true);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  throw new NoAnswer(
    `${url} does not answer (${why}); is the fleet running there? \`novita-fleet up\` starts one here`,
    code !== 'ECONNREFUSED' && code !== 'ENOTFOUND',
  );
}
