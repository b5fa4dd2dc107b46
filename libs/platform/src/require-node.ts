/** The same as `engines.node` of package.json. */
export const OLDEST_NODE = '24.15';

/** One line for a Node that is too old; null for one that will do. */
export function nodeComplaint(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `Node ${OLDEST_NODE} or newer is needed, and this is ${version}. Use npm start, npm run start:api or npm run start:worker, which bring their own, or install a newer one from https://nodejs.org`;
}

/**
 * Ends the process with one line when its Node is too old. This file imports nothing: an older Node fails while it links
 * modules that use what it lacks, before any line of them is run. So call this first and load the rest afterwards.
 */
export function requireNode(): void {
  const complaint = nodeComplaint(process.versions.node);
  if (complaint === null) return;
  process.stderr.write(`${complaint}\n`);
  process.exit(1);
}
