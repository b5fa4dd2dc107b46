import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  readonly align?: 'right';
  readonly style?: (row: Row) => Style | null;
}

/** What a command says: tables and sentences to people, JSON to programs. */
export class Output {
  /**
   * @param json answers as JSON, streams a line each
   * @param hasColour where colours are wanted and shown
   */
  constructor(
    private readonly stream: OutputStream,
    readonly json: boolean,
    readonly hasColour: boolean,
  ) {}

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  /** Undefined where there is no terminal. */
  get width(): number | undefined {
    return this.stream.columns;
  }

  get height(): number | undefined {
    return this.stream.rows;
  }

  /** The document in JSON, or what `people` writes. */
  show(document: unknown, people: () => void): void {
    if (this.json) this.stream.write(`${JSON.stringify(document, null, this.isTerminal ? 2 : 0)}\n`);
    else people();
  }

  /** One of a stream: a line of JSON, or a sentence. */
  each(document: unknown, sentence: () => string): void {
    this.stream.write(this.json ? `${JSON.stringify(document)}\n` : `${sentence()}\n`);
  }

  line(text = ''): void {
    this.stream.write(`${text}\n`);
  }

  raw(text: string): void {
    this.stream.write(text);
  }

  style(style: Style | null, text: string): string {
    return style === null || !this.hasColour ? text : styleText(style, text, { validateStream: false });
  }

  /** As wide as its contents, and in a terminal no wider than that: the widest columns are cut. */
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    for (const line of this.tableLines(rows, columns)) this.line(line);
  }

  tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): readonly string[] {
    const texts = rows.map((row) => columns.map(({ of }) => oneLine(of(row))));
    const widths = columns.map(({ title }, place) =>
      Math.max(title.length, ...texts.map((cells) => widthOf(cells[place] ?? ''))),
    );
    if (this.stream.columns !== undefined) shrink(widths, this.stream.columns - 2 * (columns.length - 1));
    const head = columns.map(({ title }, place) => padded(title, widths[place] ?? 0, columns[place]?.align));
    const lines = texts.map((cells, row) =>
      columns.map(({ align, style }, place) => {
        const text = padded(cells[place] ?? '', widths[place] ?? 0, align);
        const of = rows[row];
        return style === undefined || of === undefined ? text : this.style(style(of), text);
      }),
    );
    return [this.style('bold', head.join('  ').trimEnd()), ...lines.map((line) => line.join('  ').trimEnd())];
  }
}

/** @param env NO_COLOR and FORCE_COLOR as everywhere: https://no-color.org */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, stream: OutputStream): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** What comes from elsewhere may hold control characters, which would act on the terminal. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}+/gu, ' ');
}

const widthOf = (text: string): number => Array.from(text).length;

/** @param text one line, without styles */
export function cutTo(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length > width ? `${letters.slice(0, Math.max(0, width - 1)).join('')}…` : text;
}

function padded(text: string, width: number, align: 'right' | undefined): string {
  const cut = cutTo(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'right' ? space + cut : cut + space;
}

const NARROWEST = 8;

function shrink(widths: number[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= NARROWEST) return;
    widths[widest] = width - 1;
    over -= 1;
  }
}

export const dollars = (usd: number | undefined | null, digits = 2): string =>
  usd === undefined || usd === null ? 'unknown' : `$${usd.toFixed(digits)}`;

/** Between two times, in the two largest units: `3 d 4 h`, `12 min`, `8 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return hours === 0 ? `${days} d` : `${days} d ${hours} h`;
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
