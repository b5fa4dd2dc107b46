import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type Timestamp, usingDataDir } from '@app/platform';
import type { WatchdogAct, WatchedInstance, WatchMemory } from './decide-watch.js';

const FILE = 'watchdog.json';
const NOTHING: WatchMemory = { heardAt: null, readAt: null, instances: [], acts: [] };

/** What the watchdog remembers, in a file of DATA_DIR that is whole at any moment. */
export class WatchFile {
  constructor(private readonly folder: string) {}

  /**
   * @returns nothing remembered for a file that is missing; `damaged` for one that cannot be read, which is kept beside
   * @throws StartError when the folder cannot be used
   */
  async read(): Promise<{ readonly memory: WatchMemory; readonly damaged: boolean }> {
    const text = await usingDataDir(this.folder, async () => {
      await mkdir(this.folder, { recursive: true });
      return readFile(join(this.folder, FILE), 'utf8').catch((error: unknown) => {
        if (isObject(error) && error['code'] === 'ENOENT') return null;
        throw error;
      });
    });
    if (text === null) return { memory: NOTHING, damaged: false };
    const memory = parseMemory(text);
    if (memory !== null) return { memory, damaged: false };
    await rename(join(this.folder, FILE), join(this.folder, `${FILE}.damaged`));
    return { memory: NOTHING, damaged: true };
  }

  /** Whole and on the disk when it resolves. */
  async write(memory: WatchMemory): Promise<void> {
    const draft = join(this.folder, `${FILE}.draft`);
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(memory));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(this.folder, FILE));
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** @returns null for anything that was not written by `write` */
export function parseMemory(text: string): WatchMemory | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const { heardAt, readAt, instances, acts } = parsed;
  if (!isInstantOrNull(heardAt) || !isInstantOrNull(readAt)) return null;
  if (!Array.isArray(instances) || !instances.every(isWatched)) return null;
  if (!Array.isArray(acts) || !acts.every(isAct)) return null;
  return { heardAt, readAt, instances, acts };
}

function isInstantOrNull(value: unknown): value is Timestamp | null {
  return value === null || isInstant(value);
}

export function isInstant(value: unknown): value is Timestamp {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isWatched(value: unknown): value is WatchedInstance {
  if (!isObject(value)) return false;
  const texts = ['id', 'novitaInstanceId', 'name', 'marker'].every((member) => typeof value[member] === 'string');
  return texts && isInstant(value['stopAt']);
}

function isAct(value: unknown): value is WatchdogAct {
  if (!isObject(value)) return false;
  const texts = ['id', 'novitaInstanceId', 'name'].every((member) => typeof value[member] === 'string');
  return texts && isInstant(value['stopAt']) && isInstant(value['at']) && typeof value['dryRun'] === 'boolean';
}
