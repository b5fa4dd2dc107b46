import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakePages } from './fake-pages.spec.fixture.js';
import { anInstance } from './instance.spec.fixture.js';
import { InstanceTable } from './instance-table.js';
import { DEFAULT_QUERY } from './table-query.js';

/**
 * @typedef {{kind: 'event' | 'answer', n: number, revision: number, status: 'ready' | 'stopped' | 'terminated'}
 *   | {kind: 'remove', n: number, revision: number}
 *   | {kind: 'ask', what: 'load' | 'next' | 'previous' | 'filter' | 'all'}
 *   | {kind: 'reply', which: number, revisions: readonly number[], more: boolean}
 *   | {kind: 'fail', which: number}} Step
 */

const n = fc.integer({ min: 0, max: 7 });
const revision = fc.integer({ min: 1, max: 6 });

/** @type {fc.Arbitrary<Step>} */
const step = fc.oneof(
  fc.record({
    kind: /** @type {fc.Arbitrary<'event' | 'answer'>} */ (fc.constantFrom('event', 'answer')),
    n,
    revision,
    status: fc.constantFrom('ready', 'stopped', 'terminated'),
  }),
  fc.record({ kind: fc.constant('remove'), n, revision }),
  fc.record({ kind: fc.constant('ask'), what: fc.constantFrom('load', 'next', 'previous', 'filter', 'all') }),
  fc.record({
    kind: /** @type {fc.Arbitrary<'reply'>} */ (fc.constant('reply')),
    which: fc.nat(3),
    // As each instance stood when the answer was made; 0: not on the page.
    revisions: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 8, maxLength: 8 }),
    more: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('fail'), which: fc.nat(3) }),
);

it('never shows an older revision of a row, nor an instance twice, nor one that was removed, in whatever order things come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
      const http = new FakePages();
      const table = new InstanceTable(http, (emit) => emit());
      table.begin(DEFAULT_QUERY, 5);
      /** The highest revision that was ever shown. @type {Map<string, number>} */
      const highest = new Map();
      /** @type {Map<string, number>} */
      const removed = new Map();
      // Collected, as the table takes what is thrown while it shows an answer for a failure of that answer.
      /** @type {string[]} */
      const violations = [];
      table.state.watch(({ rows }) => {
        if (new Set(rows.map(({ id }) => id)).size !== rows.length) violations.push('twice');
        for (const [place, row] of rows.entries()) {
          if (row.revision < (highest.get(row.id) ?? 0)) violations.push(`back to ${row.revision}`);
          if (row.revision <= (removed.get(row.id) ?? 0)) violations.push('removed');
          if (table.places.get(row.id) !== place) violations.push('misplaced');
          highest.set(row.id, row.revision);
        }
      });
      for (const next of steps) {
        if (next.kind === 'remove') {
          const { id } = anInstance({ n: next.n });
          // Nothing is removed at a revision that is older than one that was shown.
          const at = Math.max(next.revision, highest.get(id) ?? 0);
          removed.set(id, at);
          table.remove(id, at);
        } else await take(next, table, http);
      }
      clearTimeout(table.readAgain);
      expect(violations).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

/**
 * @param {Exclude<Step, {kind: 'remove'}>} next
 * @param {InstanceTable} table
 * @param {FakePages} http
 */
async function take(next, table, http) {
  if (next.kind === 'ask') ask(next.what, table);
  else if (next.kind === 'fail') await http.asked.at(-1 - next.which)?.fail(new Error('away'));
  else if (next.kind === 'reply') {
    const rows = next.revisions.flatMap((rev, i) => (rev === 0 ? [] : [anInstance({ n: i, revision: rev })]));
    await http.asked.at(-1 - next.which)?.answer(rows.toReversed(), next.more ? 'more' : null);
  } else {
    const { kind, ...members } = next;
    if (kind === 'event') table.applyEvent(anInstance(members));
    else table.applyAnswer(anInstance(members));
  }
}

/**
 * @param {'load' | 'next' | 'previous' | 'filter' | 'all'} what
 * @param {InstanceTable} table
 */
function ask(what, table) {
  if (what === 'load') void table.load();
  else if (what === 'next') void table.nextPage();
  else if (what === 'previous') void table.previousPage();
  else void table.setQuery({ statuses: what === 'filter' ? ['ready'] : [] });
}
