import { Fault } from './fault.js';
import type { SettingKind } from './setting-kinds.js';

export const API_ROLES = ['viewer', 'operator', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

export interface ApiKey {
  readonly name: string;
  readonly role: ApiRole;
  readonly key: string;
}

const MIN_KEY_LENGTH = 16;

/** `name:role:key,…`. Faults name an entry by its place only: a part in the wrong place may be the secret. */
export const apiKeys: SettingKind<readonly ApiKey[]> = {
  accepted:
    `a comma-separated list of name:role:key; name of letters, digits, - and _ (at most 64); ` +
    `role ${API_ROLES.join(', ')}; key of ${MIN_KEY_LENGTH} to 256 printable characters without comma or space; names and keys differ`,
  whenUnset: [],
  parse: parseApiKeys,
};

function parseApiKeys(text: string): readonly ApiKey[] | Fault {
  const keys: ApiKey[] = [];
  const faults: string[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const parsed = parseEntry(entry.trim());
    if (parsed instanceof Fault) faults.push(`entry ${index + 1} ${parsed.problem}`);
    else keys.push(parsed);
  }
  if (hasDouble(keys.map((key) => key.name))) faults.push('two entries have the same name');
  if (hasDouble(keys.map((key) => key.key))) faults.push('two entries have the same key');
  return faults.length > 0 ? new Fault(faults.join(', ')) : keys;
}

function parseEntry(entry: string): ApiKey | Fault {
  const [name = '', role, ...rest] = entry.split(':');
  // A key may hold colons itself; only the first two part the entry.
  const key = rest.join(':');
  if (rest.length === 0) return new Fault('is not name:role:key');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return new Fault('has a name with other characters, or none');
  const known = API_ROLES.find((candidate) => candidate === role);
  if (known === undefined) return new Fault('has an unknown role');
  if (key.length < MIN_KEY_LENGTH) return new Fault(`has a key shorter than ${MIN_KEY_LENGTH} characters`);
  if (!/^[\x21-\x7e]{1,256}$/.test(key)) return new Fault('has a key that is too long or has unusable characters');
  return { name, role: known, key };
}

function hasDouble(values: readonly string[]): boolean {
  return new Set(values).size !== values.length;
}
