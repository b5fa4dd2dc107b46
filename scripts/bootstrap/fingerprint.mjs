import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One hash over the names and contents of files and folders; what is missing counts as empty.
 *
 * @param {string} root
 * @param {string[]} paths relative to the root
 */
export async function fingerprint(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths) await add(hash, root, path);
  return hash.digest('hex');
}

async function add(hash, root, path) {
  const absolute = join(root, path);
  const found = await stat(absolute).catch(() => null);
  if (found === null) return;
  if (found.isDirectory()) {
    for (const name of (await readdir(absolute)).sort()) await add(hash, root, join(path, name));
    return;
  }
  hash.update(path);
  hash.update(await readFile(absolute));
}

/** Whether the stamp file says that this fingerprint was reached already. */
export async function isStamped(stampFile, print) {
  return (await readFile(stampFile, 'utf8').catch(() => '')) === print;
}

export async function stamp(stampFile, print) {
  await writeFile(stampFile, print);
}
