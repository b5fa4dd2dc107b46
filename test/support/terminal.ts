import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * A program in a terminal of its own, as a person sees it: the program has a pseudo-terminal of a size, keys are typed into
 * it, and what it writes is shown on a screen.
 */

/** Python has pseudo-terminals in its standard library. Lines of its input: `size ROWS COLUMNS`, `keys HEX`, `signal NUMBER`. */
const HOST = `
import fcntl, os, pty, select, signal, struct, sys, termios
rows, columns = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
def resize(rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
rest = b''
while True:
    ready, _, _ = select.select([terminal, 0], [], [])
    if terminal in ready:
        try: data = os.read(terminal, 65536)
        except OSError: break
        if not data: break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            os.kill(child, signal.SIGKILL)
            break
        *lines, rest = (rest + data).split(b'\\n')
        for line in lines:
            command, *values = line.decode().split()
            if command == 'size': resize(int(values[0]), int(values[1]))
            if command == 'keys': os.write(terminal, bytes.fromhex(values[0]))
            if command == 'signal': os.kill(child, int(values[0]))
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
`;

const ESCAPE = '\u001B';
/** A sequence that has not ended yet, at the end of a piece. */
const OPEN_SEQUENCE = new RegExp(`${ESCAPE}(?:\\[[\\d;?]*)?$`);
const SEQUENCE = new RegExp(`^${ESCAPE}\\[([\\d;?]*)([A-Za-z])$`);
const PIECES = new RegExp(`${ESCAPE}\\[[\\d;?]*[A-Za-z]|[^]`, 'gu');

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export class Terminal {
  private readonly host: ChildProcess;
  private readonly main = new Screen();
  private readonly other = new Screen();
  private size: TerminalSize;
  private shown = this.main;
  /** All that was written so far. */
  written = '';
  hasCursor = true;
  readonly ended: Promise<number | null>;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>, size: TerminalSize) {
    this.size = size;
    const python = process.env['PYTHON_BIN'] || 'python3';
    this.host = spawn(python, ['-c', HOST, String(size.rows), String(size.columns), ...command], {
      env: { ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.host.stdout?.setEncoding('utf8').on('data', (text: string) => this.take(text));
    this.ended = once(this.host, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  }

  /** Whether the program has the whole screen, and what stood there before will come back. */
  get isOther(): boolean {
    return this.shown === this.other;
  }

  /** As it is seen, without the spaces at the end of a line. */
  get lines(): readonly string[] {
    return this.shown.lines(this.size);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  resize(size: TerminalSize): void {
    this.size = size;
    this.host.stdin?.write(`size ${size.rows} ${size.columns}\n`);
  }

  type(keys: string): void {
    this.host.stdin?.write(`keys ${Buffer.from(keys).toString('hex')}\n`);
  }

  signal(number: number): void {
    this.host.stdin?.write(`signal ${number}\n`);
  }

  async close(): Promise<void> {
    this.host.stdin?.end();
    await this.ended;
  }

  private rest = '';

  private take(text: string): void {
    this.written += text;
    const whole = this.rest + text;
    // A sequence may come in two pieces.
    const open = OPEN_SEQUENCE.exec(whole)?.index ?? whole.length;
    this.rest = whole.slice(open);
    for (const [piece] of whole.slice(0, open).matchAll(PIECES)) this.act(piece);
  }

  private act(piece: string): void {
    const [, values = '', command] = SEQUENCE.exec(piece) ?? [];
    if (command === undefined) {
      this.shown.put(piece, this.size);
      return;
    }
    if (values === '?1049') {
      if (command === 'h') this.other.clear();
      this.shown = command === 'h' ? this.other : this.main;
    } else if (values === '?25') this.hasCursor = command === 'h';
    else this.shown.act(command, values);
  }
}

/** As much of a terminal as the command line makes use of; what it does not know is an error, so that no test is fooled. */
class Screen {
  private readonly cells = new Map<number, string[]>();
  private row = 0;
  private column = 0;

  clear(): void {
    this.cells.clear();
    [this.row, this.column] = [0, 0];
  }

  lines({ rows, columns }: TerminalSize): readonly string[] {
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (__, column) => this.cells.get(row)?.[column] ?? ' ')
        .join('')
        .trimEnd(),
    );
  }

  put(letter: string, { rows, columns }: TerminalSize): void {
    if (letter === '\r') this.column = 0;
    else if (letter === '\n') this.row += 1;
    else {
      // No wrapping: a line that is too long writes over its last letter, which a test sees.
      const place = Math.min(this.column, columns - 1);
      const line = this.cells.get(this.row) ?? [];
      line[place] = letter;
      this.cells.set(this.row, line);
      this.column = place + 1;
    }
    if (this.row < rows) return;
    // It scrolls.
    this.row = rows - 1;
    for (let row = 0; row < rows; row++) this.cells.set(row, this.cells.get(row + 1) ?? []);
    this.cells.delete(rows);
  }

  act(command: string, values: string): void {
    if (command === 'm' || values === '?7') return;
    if (command === 'H' && values === '') [this.row, this.column] = [0, 0];
    else if (command === 'K' && values === '2') this.cells.delete(this.row);
    else if (command === 'K' && values === '')
      this.cells.set(this.row, (this.cells.get(this.row) ?? []).slice(0, this.column));
    else throw new Error(`the screen does not know \\e[${values}${command}`);
  }
}
