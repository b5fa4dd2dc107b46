import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './announce.mjs';

/**
 * What takes minutes to build is built once for the machine, in a folder that all checkouts share. Builds take turns by their
 * working folders, whose times say that they go on: a number of a process says nothing in another container, or on another
 * host. Nothing is ever locked for good. Should two build all the same, that costs time only, and the first result stays.
 */

/**
 * @typedef {object} Times
 * @property {number} waitMs between two looks at the build of another process
 * @property {number} heartbeatMs so often a build shows that it goes on
 * @property {number} deadMs after so long without that it was killed
 * @property {number} longestWaitMs then one builds for oneself
 */

/** @type {Times} */
const TIMES = { waitMs: 5_000, heartbeatMs: 10_000, deadMs: 120_000, longestWaitMs: 45 * 60_000 };

/**
 * Builds it unless that was done before, or another process does it at this moment.
 *
 * @template Built
 * @param {object} what
 * @param {string} what.cache the folder that all share
 * @param {string} what.name of the result's folder in it
 * @param {() => Built | null} what.found what was built; null where it is not there, or not whole
 * @param {() => Promise<void>} what.mustBePossible asked before anything is begun
 * @param {(work: string) => Promise<void>} what.build makes the folder `made` in the working folder, which is removed after it
 * @param {Times} [times]
 * @returns {Promise<Built>}
 * @throws Error of `mustBePossible` or `build`; when what was built is not found
 */
export async function buildOnce({ cache, name, found, mustBePossible, build }, times = TIMES) {
  const before = found();
  if (before !== null) return before;
  await mkdir(cache, { recursive: true });
  const turns = new Turns(cache, name, times);
  await turns.waitFor(() => true);
  const meanwhile = found();
  if (meanwhile !== null) return meanwhile;
  await mustBePossible();
  const work = await turns.begin();
  const leaveNothing = () => rmSync(work, { recursive: true, force: true });
  process.once('exit', leaveNothing);
  // Without it another process would only take the folder for left over.
  const heart = setInterval(() => void utimes(work, new Date(), new Date()).catch(() => {}), times.heartbeatMs);
  try {
    // Whoever began at the same moment has seen nobody either: the folder that comes first by its name goes on.
    await turns.waitFor((other) => other < work);
    if (found() === null) {
      await build(work);
      await keep(join(work, 'made'), join(cache, name), found);
    }
  } finally {
    clearInterval(heart);
    process.off('exit', leaveNothing);
    await rm(work, { recursive: true, force: true });
  }
  const built = found();
  if (built === null) throw new Error(`${name} was built, and is not where it should be`);
  return built;
}

/** Puts what was made in its place; where another build was here first, that one stays, since it may be running. */
async function keep(made, place, found) {
  if (found() !== null) return;
  await rename(made, place).catch(async (error) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    if (found() !== null) return;
    // What is there is no whole one.
    await rm(place, { recursive: true, force: true });
    await rename(made, place);
  });
}

/** The working folders of all builds of one thing. */
class Turns {
  constructor(cache, name, times) {
    this.cache = cache;
    this.name = name;
    this.prefix = `${name}.build-`;
    this.times = times;
  }

  /** @returns {Promise<string>} a working folder of one's own */
  begin() {
    return mkdtemp(join(this.cache, this.prefix));
  }

  /**
   * Waits while others build, but not for ever, and clears away what one left behind that was killed.
   *
   * @param {(other: string) => boolean} goesFirst whether the build in this folder is waited for
   */
  async waitFor(goesFirst) {
    const { waitMs, longestWaitMs } = this.times;
    for (let waited = 0; waited < longestWaitMs; waited += waitMs) {
      const names = (await readdir(this.cache)).filter((each) => each.startsWith(this.prefix));
      const others = names.map((each) => join(this.cache, each)).filter(goesFirst);
      const living = await Promise.all(others.map((other) => this.isAlive(other)));
      if (!living.includes(true)) return;
      if (waited === 0) say(`another process builds ${this.name}: waiting for it …`);
      await pause(waitMs);
    }
  }

  /** Whether it is being built in this folder; one that is left over is removed. */
  async isAlive(work) {
    const beat = await stat(work).catch(() => null);
    if (beat === null) return false;
    if (Date.now() - beat.mtimeMs < this.times.deadMs) return true;
    await rm(work, { recursive: true, force: true });
    return false;
  }
}
