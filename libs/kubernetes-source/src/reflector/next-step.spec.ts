import { describe, expect, it } from 'vitest';
import { ApiserverError, type ApiserverErrorKind } from '../client/apiserver-error.js';
import {
  type Attempt,
  attemptOf,
  type Ending,
  firstStanding,
  nextStep,
  type Standing,
  type Step,
} from './next-step.js';

const FOLLOWING: Standing = { ...firstStanding(500), version: '7' };
const COURSE = {
  version: '7',
  openMs: 30_000,
  isWholeLife: false,
  isStalled: false,
  hadLines: true,
  hadBookmarks: false,
};

function failure(
  kind: ApiserverErrorKind,
  change: Partial<Extract<Ending, { readonly kind: 'failed' }>> = {},
  retryAfterMs: number | null = null,
): Ending {
  const error = new ApiserverError(kind, `it is ${kind}`, retryAfterMs);
  return { kind: 'failed', error, ...COURSE, ...change };
}

/** The steps after so many endings of one sort. */
function repeated(times: number, standing: Standing, attempt: Attempt, ending: Ending): readonly Step[] {
  const steps: Step[] = [];
  for (let round = 0; round < times; round++) {
    steps.push(nextStep(steps.at(-1)?.standing ?? standing, attempt, ending, 0.999));
  }
  return steps;
}

describe('nextStep', () => {
  it('waits longer after each failure, half a minute at most, and by chance half as long', () => {
    const waits = repeated(8, FOLLOWING, 'watch', failure('unreachable')).map(
      ({ waitMs }) => Math.round(waitMs / 100) / 10,
    );
    expect(waits).toEqual([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]);
    expect(nextStep(FOLLOWING, 'watch', failure('server'), 0).waitMs).toBe(400);
  });

  it('counts failures anew after two minutes of health', () => {
    const standing = { ...FOLLOWING, failures: 7 };
    expect(nextStep(standing, 'watch', failure('unreachable', { openMs: 119_000 }), 0).standing.failures).toBe(8);
    expect(nextStep(standing, 'watch', failure('unreachable', { openMs: 120_000 }), 0).standing.failures).toBe(1);
    expect(nextStep(standing, 'watch', { kind: 'ended', ...COURSE, openMs: 300_000 }, 0).standing.failures).toBe(0);
  });

  it('counts failures anew after each watch that got on, however soon it is cut off', () => {
    const standing = { ...FOLLOWING, failures: 7 };
    const cut = failure('unreachable', { version: '8', openMs: 50_000 });
    expect(nextStep(standing, 'watch', cut, 0).standing.failures).toBe(1);
    // All has to be read anew then, each time.
    expect(nextStep(standing, 'watch', failure('gone', { version: '8' }), 0).standing.failures).toBe(8);
  });

  it('takes no full set that did not come for health, however long it took', () => {
    const late = { version: null, openMs: 130_000 };
    const expired = repeated(3, firstStanding(500), 'list', failure('gone', late));
    expect(expired.map(({ waitMs }) => waitMs > 0)).toEqual([false, true, true]);
    const [silent] = repeated(1, firstStanding(500), 'watch-list', failure('unreachable', late));
    expect(silent && attemptOf(silent.standing, true)).toBe('list');
    const away = repeated(3, firstStanding(500), 'list', failure('unreachable', late));
    expect(away.map(({ standing }) => standing.failures)).toEqual([1, 2, 3]);
  });

  it.each<[ApiserverErrorKind, string | null, string | null]>([
    ['gone', null, null],
    ['too-large-version', '7', 'overloaded'],
    ['forbidden', '7', 'forbidden'],
    ['unauthorized', '7', 'unauthorized'],
    ['throttled', '7', 'overloaded'],
    ['invalid', '7', 'refused'],
    ['absent', '7', 'absent'],
    ['server', '7', 'refused'],
    ['unreachable', '7', 'unreachable'],
    ['malformed', '7', 'refused'],
  ])('after %s it has the version %s, and waits as %s', (kind, version, reason) => {
    const step = nextStep(FOLLOWING, 'watch', failure(kind), 0.5);
    expect(step.standing.version).toBe(version);
    expect(step.waiting?.reason ?? null).toBe(reason);
    expect(step.waitMs > 0).toBe(reason !== null);
  });

  it('waits for as long as the server asks for, and a minute for what only a person changes', () => {
    expect(nextStep(FOLLOWING, 'watch', failure('throttled', {}, 20_000), 0).waitMs).toBe(20_000);
    expect(nextStep(FOLLOWING, 'watch', failure('server', {}, 5_000), 0.5).waitMs).toBe(5_625);
    expect(nextStep(firstStanding(500), 'list', failure('forbidden', { version: null }), 0.5).waitMs).toBe(60_000);
    expect(nextStep(FOLLOWING, 'watch', failure('absent'), 0.5).waitMs).toBe(60_000);
  });

  it('asks soon again for what it was allowed to follow, and then ever less often', () => {
    const waits = repeated(8, FOLLOWING, 'watch', failure('forbidden')).map(
      ({ waitMs }) => Math.round(waitMs / 100) / 10,
    );
    expect(waits).toEqual([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]);
  });

  it('gets the full set at once when a version is gone, and waits when that happens again', () => {
    const [first, second] = repeated(2, FOLLOWING, 'watch', failure('gone'));
    expect([first?.waitMs, first?.standing.cause]).toEqual([0, 'expired']);
    expect(second?.waitMs).toBeGreaterThan(800);
  });

  it('gives a version up that three times led to nothing readable, and no sooner', () => {
    const versions = repeated(3, FOLLOWING, 'watch', failure('malformed')).map(({ standing }) => standing.version);
    expect(versions).toEqual(['7', '7', null]);
    const moving = failure('malformed', { version: '8' });
    expect(nextStep({ ...FOLLOWING, doubts: 2 }, 'watch', moving, 0).standing).toMatchObject({
      version: '8',
      doubts: 1,
    });
  });

  it('goes back with a cluster that went back to a backup', () => {
    const lagging = repeated(8, FOLLOWING, 'watch', failure('too-large-version')).map(
      ({ standing }) => standing.version,
    );
    expect(lagging).toEqual(['7', '7', '7', '7', '7', '7', '7', null]);
    const deaf: Ending = { kind: 'ended', ...COURSE, isWholeLife: true, hadLines: false };
    expect(nextStep({ ...FOLLOWING, knowsBookmarks: true }, 'watch', deaf, 0).standing).toMatchObject({
      version: null,
      cause: 'rewound',
    });
    // A server without bookmarks has nothing to say in a quiet hour.
    expect(nextStep(FOLLOWING, 'watch', deaf, 0)).toMatchObject({ standing: { version: '7' }, waitMs: 0 });
  });

  it('reads a quiet kind of an old server, whose bookmarks come after changes only, no more than once', () => {
    const deaf: Ending = { kind: 'ended', ...COURSE, openMs: 400_000, isWholeLife: true, hadLines: false };
    const doubted = nextStep({ ...FOLLOWING, knowsBookmarks: true }, 'watch', deaf, 0).standing;
    expect(doubted.version).toBeNull();
    const read = nextStep(doubted, 'list', { kind: 'listed', version: '7' }, 0).standing;
    expect(nextStep(read, 'watch', deaf, 0).standing.version).toBe('7');
    const marked = nextStep(read, 'watch', { ...deaf, version: '8', hadLines: true, hadBookmarks: true }, 0).standing;
    expect(nextStep(marked, 'watch', { ...deaf, version: '8' }, 0).standing.version).toBeNull();
  });

  it('resumes at once after the end of a watch, but not after one that never was', () => {
    expect(nextStep(FOLLOWING, 'watch', { kind: 'ended', ...COURSE }, 0)).toMatchObject({ waitMs: 0, waiting: null });
    const stillborn: Ending = { kind: 'ended', ...COURSE, openMs: 20, hadLines: false };
    expect(nextStep(FOLLOWING, 'watch', stillborn, 0).waiting?.reason).toBe('refused');
  });

  it('leaves the WatchList to clusters that know it, and to proxies that let it through', () => {
    const unknown = nextStep(firstStanding(500), 'watch-list', failure('invalid', { version: null, openMs: 0 }), 0);
    expect([unknown.lacksWatchList, unknown.waitMs]).toEqual([true, 0]);
    const broken = repeated(3, firstStanding(500), 'watch-list', failure('unreachable', { version: null }));
    expect(broken.map(({ standing }) => attemptOf(standing, true))).toEqual(['watch-list', 'watch-list', 'list']);
    const held = failure('unreachable', { version: null, openMs: 0, isStalled: true });
    expect(attemptOf(nextStep(firstStanding(500), 'watch-list', held, 0).standing, true)).toBe('list');
    const away = repeated(9, firstStanding(500), 'watch-list', failure('unreachable', { version: null, openMs: 0 }));
    expect(away.every(({ standing }) => attemptOf(standing, true) === 'watch-list')).toBe(true);
    const unended: Ending = { kind: 'ended', ...COURSE, version: null };
    expect(attemptOf(nextStep(firstStanding(500), 'watch-list', unended, 0).standing, true)).toBe('list');
  });

  it('asks for fewer objects a page when they are too large together', () => {
    const steps = repeated(6, firstStanding(500), 'list', failure('too-large-answer', { version: null }));
    expect(steps.map(({ standing }) => standing.pageSize)).toEqual([125, 31, 7, 1, 1, 1]);
    expect(steps.map(({ waitMs }) => waitMs > 0)).toEqual([false, false, false, false, true, true]);
  });
});
