import { stripVTControlCharacters } from 'node:util';
import type { FleetFiguresView, FleetSummaryView, Instance } from '@novita-fleet/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Output } from './output.js';
import { isQuit } from './top.js';
import { drawTop, type TopView } from './top-screen.js';

const NOW = Date.UTC(2026, 2, 1, 10);
const AS_OF = '2026-03-01T09:59:58.000Z';
const sum = (instances: number, usdPerHour = 0) => ({ instances, usdPerHour });

const summary = (figures: Partial<FleetFiguresView> = {}, asOf = AS_OF): FleetSummaryView =>
  ({
    asOf,
    figures: {
      costUsdPerHour: 12.5,
      running: sum(3),
      billedThoughStopped: sum(0),
      unpriced: 0,
      idle: sum(1, 0.37),
      attention: sum(2),
      ...figures,
    },
  }) as FleetSummaryView;

const instance = (n: number, name = `worker-${n}`): Instance =>
  ({
    id: `ins_${n}`,
    name,
    status: 'ready',
    owner: 'somebody-with-a-long-name',
    region: 'US-CA-06 (California)',
    product: { id: 'p', name: 'NVIDIA H100 SXM 80GB' },
    gpuNum: 8,
    pricePerHour: 24,
    cost: { usd: 1234.5, usdPerHour: 24, asOf: AS_OF, countedFrom: AS_OF },
    idleSince: '2026-03-01T09:00:00.000Z',
    autoStopAt: '2026-03-01T10:20:00.000Z',
    billedNow: 'running',
  }) as Instance;

const instances = (count: number): readonly Instance[] => Array.from({ length: count }, (_, n) => instance(n));

function screen(
  view: Partial<TopView>,
  [columns, rows] = [80, 24],
  { colour = false, now = NOW } = {},
): readonly string[] {
  const read = { summary: summary(), instances: instances(3), billed: 3 };
  const stream = { write: () => undefined, columns, rows };
  const whole = { url: 'http://127.0.0.1:3000', read, trouble: null, events: [], ...view };
  return drawTop(whole, { columns, rows }, new Output(stream, false, colour), now);
}

describe('the screen of top', () => {
  it('has as many lines as the terminal and none that is wider, whatever its size and contents', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 200 }),
        fc.boolean(),
        fc.array(fc.string({ maxLength: 300 }), { maxLength: 5 }),
        (columns, rows, count, colour, events) => {
          const read = { summary: summary(), instances: instances(count), billed: count * 7 };
          const trouble = count % 2 === 0 ? null : 'x'.repeat(count);
          const lines = screen({ read, trouble, events }, [columns, rows], { colour });
          expect(lines).toHaveLength(rows);
          for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('does without the less important columns where there is no room for them', () => {
    expect(screen({}).find((line) => line.startsWith('NAME'))).toMatch(/^NAME +STATUS +GPU +REGION +.* STOPS IN$/);
    expect(screen({}, [200, 50]).find((line) => line.startsWith('NAME'))).toMatch(/REGION .* OWNER$/);
    expect(screen({}, [200, 50]).join('\n')).toContain('8 × NVIDIA H100 SXM 80GB  US-CA-06 (California)');
    expect(screen({}, [34, 24]).find((line) => line.startsWith('NAME'))).toMatch(/^NAME +STATUS/);
  });

  it('says how many do not fit, of all that are billed, not of those that were read', () => {
    const read = { summary: summary(), instances: instances(200), billed: 1_000 };
    const lines = screen({ read, events: ['an event'] });
    const shown = lines.filter((line) => line.startsWith('worker-')).length;
    expect(lines).toContain(`… and ${1_000 - shown} more`);
    expect(lines.at(-1)).toBe('an event');
    // All that fit are shown, and nothing is said of others.
    const few = screen({ read: { ...read, instances: instances(5), billed: 5 } });
    expect(few.filter((line) => line.startsWith('worker-'))).toHaveLength(5);
    expect(few.join('\n')).not.toContain('more');
  });

  it('goes on counting times while nothing is read, and says that what it shows is old and why', () => {
    const trouble = 'http://127.0.0.1:3000 does not answer (connect ECONNREFUSED)';
    const later = screen({ trouble }, [200, 50], { now: NOW + 5 * 60_000 });
    expect(later[0]).toContain(`as of ${AS_OF}, 5 min ago`);
    expect(later).toContain(`not read anew since: ${trouble}`);
    expect(later.find((line) => line.startsWith('worker-0'))).toMatch(/1 h 5 min +15 min/);
    expect(screen({})[0]).not.toContain('ago');
  });

  it('shows what it does not know as unknown, before it has read anything and before Novita was listed', () => {
    expect(screen({ read: null }).join('\n')).toContain('reading the fleet …');
    expect(screen({ read: null, trouble: 'nobody there' })).toContain('nobody there');
    const unknown = { summary: { ...summary(), figures: null }, instances: [], billed: 0 };
    expect(screen({ read: unknown })).toContain('nothing is known of the fleet yet');
  });

  it('adds up what it says: the cost of all that is billed, those without a price named', () => {
    const figures = summary({ costUsdPerHour: 99, unpriced: 4, attention: sum(1) as never });
    const text = screen({ read: { summary: figures, instances: [], billed: 0 } }, [200, 50]).join('\n');
    expect(text).toContain('3 running, $99.00 an hour; idle $0.37');
    expect(text).toContain('4 at a price that is not known; 1 needs attention');
    expect(text).toContain('Nothing is billed.');
  });

  it('has no styles where none are wanted, and lets no name act on the terminal', () => {
    const read = { summary: summary(), instances: [instance(1, 'a\u001B[2Jb')], billed: 1 };
    expect(screen({ read }).join('')).not.toContain('\u001B');
    expect(screen({ read }, [80, 24], { colour: true }).join('')).not.toContain('\u001B[2J');
  });
});

it('top ends with q, Escape and Ctrl-C, also where keys come together, and with no arrow', () => {
  for (const keys of ['q', '\u001B', '\u0003', 'xq', 'j\u0003']) expect(isQuit(keys), JSON.stringify(keys)).toBe(true);
  for (const keys of ['\u001B[A', '\u001BOQ', '\u001B[5~', '\u001B[1;5D', 'Q', 'jk']) {
    expect(isQuit(keys), JSON.stringify(keys)).toBe(false);
  }
});
