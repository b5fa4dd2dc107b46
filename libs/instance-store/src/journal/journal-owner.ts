import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { JournalOwner } from './journal-entry.js';

/** Where this system says it, of this boot and this container; else the host's name. */
export async function ownerHere(): Promise<JournalOwner> {
  const { pid } = process;
  try {
    const [boot, namespace] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    return { namespace: `${boot.trim()} ${namespace}`, pid, started: (await startOf(pid)) ?? '' };
  } catch {
    return { namespace: hostname(), pid, started: '' };
  }
}

/** @returns null for one of another namespace, of which this process can know nothing */
export async function isOwnerRunning(owner: JournalOwner, here: JournalOwner): Promise<boolean | null> {
  if (owner.namespace !== here.namespace) return null;
  if (owner.started !== '') return (await startOf(owner.pid)) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    // It runs, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @returns when the process began, as the kernel counts; null when there is none */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program comes second, in brackets, and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
