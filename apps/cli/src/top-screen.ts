import { stripVTControlCharacters } from 'node:util';
import type { FleetSummaryView, Instance } from '@novita-fleet/client';
import { type ColumnName, instanceColumns } from './instance-words.js';
import { cutTo, dollars, duration, type Output, oneLine } from './output.js';

/** What `top` shows; drawn anew each second, whether or not anything was read meanwhile. */
export interface TopView {
  readonly url: string;
  /** Null until it was read once. */
  readonly read: TopReading | null;
  /** Why it could not be read since; null when it could. */
  readonly trouble: string | null;
  /** The latest last. */
  readonly events: readonly string[];
}

interface TopReading {
  readonly summary: FleetSummaryView;
  /** The dearest ones, and no more than a screen shows. */
  readonly instances: readonly Instance[];
  /** How many are billed in all; null when that is not known. */
  readonly billed: number | null;
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const COLUMNS: readonly ColumnName[] = ['name', 'status', 'gpu', 'region', 'price', 'cost', 'idle', 'stops', 'owner'];
/** Which columns a narrow screen does without, the first one first. */
const DISPENSABLE: readonly ColumnName[] = ['owner', 'region', 'cost', 'idle', 'gpu', 'stops', 'price'];
const EVENTS = 5;
/** A lower screen shows fewer events, so that instances have the larger part. */
const EVENTS_SHARE = 0.25;
/** What was read longer ago than that is not called current. */
const OLD_MS = 20_000;

/**
 * The lines of one screen: at most so many, none wider.
 *
 * @param now epoch milliseconds
 */
export function drawTop(view: TopView, size: ScreenSize, out: Output, now: number): readonly string[] {
  const head = headOf(view, size.columns, out, now);
  const events = view.events.slice(-Math.min(EVENTS, Math.floor(size.rows * EVENTS_SHARE)));
  const foot = events.length === 0 ? [] : ['', ...events.map((event) => out.style('dim', cutTo(event, size.columns)))];
  // An empty line below the head, and the titles of the columns.
  const room = Math.max(0, size.rows - head.length - foot.length - 2);
  const table = view.read === null ? [] : ['', ...tableOf(view.read, room, size.columns, out, now)];
  const space = Array.from({ length: Math.max(0, size.rows - head.length - table.length - foot.length) }, () => '');
  return [...head, ...table, ...space, ...foot].slice(0, size.rows);
}

function headOf(view: TopView, width: number, out: Output, now: number): readonly string[] {
  const { read, trouble } = view;
  const asOf = read === null ? '' : `as of ${read.summary.asOf}${ageOf(read.summary.asOf, now)}`;
  const title = packed(['novita-fleet', oneLine(view.url), asOf], '  ', width);
  const lines = title.map((line, place) =>
    place === 0 && line.startsWith('novita-fleet') ? out.style('bold', 'novita-fleet') + line.slice(12) : line,
  );
  if (read !== null) lines.push(...figuresOf(read.summary, width, out));
  else if (trouble === null) lines.push(cutTo('reading the fleet …', width));
  if (trouble !== null) {
    const since = read === null ? '' : 'not read anew since: ';
    lines.push(out.style('red', cutTo(oneLine(`${since}${trouble}`), width)));
  }
  return lines;
}

function ageOf(asOf: string, now: number): string {
  const ms = now - Date.parse(asOf);
  return ms > OLD_MS ? `, ${duration(ms)} ago` : '';
}

function figuresOf({ figures, unknown }: FleetSummaryView, width: number, out: Output): readonly string[] {
  if (figures === null) {
    const why = unknown?.message ?? 'nothing is known of the fleet yet';
    return [out.style('red', cutTo(oneLine(why), width))];
  }
  const { running, costUsdPerHour, idle, billedThoughStopped, unpriced, attention } = figures;
  const parts = [
    `${running.instances} running, ${dollars(costUsdPerHour)} an hour`,
    `idle ${dollars(idle.usdPerHour)}`,
    `billed though stopped ${dollars(billedThoughStopped.usdPerHour)}`,
    ...(unpriced > 0 ? [`${unpriced} at a price that is not known`] : []),
    attention.instances === 1 ? '1 needs attention' : `${attention.instances} need attention`,
  ];
  return packed(parts, '; ', width).map((line, place) => (place === 0 ? out.style('bold', line) : line));
}

/** As many parts on a line as fit. */
function packed(parts: readonly string[], between: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts.filter((each) => each !== '')) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : `${last}${between}${part}`;
    if (last !== undefined && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(cutTo(part, width));
  }
  return lines;
}

function tableOf(read: TopReading, room: number, width: number, out: Output, now: number): readonly string[] {
  const { instances, billed } = read;
  if (instances.length === 0) return [cutTo('Nothing is billed.', width)];
  const isMore = billed === null ? instances.length > room : billed > room;
  const shown = instances.slice(0, Math.max(0, isMore ? room - 1 : room));
  const more = (billed ?? instances.length) - shown.length;
  const tail = isMore ? [cutTo(`… and ${more} more`, width)] : [];
  return [...fittingTable(shown, width, out, now), ...tail];
}

/** With all columns for which there is room. */
function fittingTable(instances: readonly Instance[], width: number, out: Output, now: number): readonly string[] {
  const known = instanceColumns(now);
  for (let without = 0; ; without++) {
    const left = COLUMNS.filter((name) => !DISPENSABLE.slice(0, without).includes(name));
    const lines = out.tableLines(
      instances,
      left.map((name) => known[name]),
    );
    const widest = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
    if (widest <= width) return lines;
    // No room for two columns: the styles go with the rest.
    if (without === DISPENSABLE.length) return lines.map((line) => cutTo(stripVTControlCharacters(line), width));
  }
}
