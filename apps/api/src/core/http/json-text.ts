import { type FieldError, jsonPointer, PLATFORM_PROBLEMS, Problem, validationFailed } from '@app/platform';

/** Input classes are three deep; what reads them is recursive, so that a body of any depth would end its stack. */
const MAX_DEPTH = 32;
// Codes of characters that are compared one by one; a pattern would cost several times as much.
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /(?:true|false|null)(?![A-Za-z0-9_])/y;
/** Far more than any input has: validation reads each one, and suggests a name for each unknown one. */
const MAX_MEMBERS = 1_000;
/** Members that every object has already: those that read the members would pass them over, or reach the prototype. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Reads JSON without changing or dropping anything of it. `JSON.parse` alone takes the last of two members of one name,
 * and says of some malformed texts only that they are malformed.
 *
 * @throws Problem `malformed-json` with the position, `validation-failed` with the names of the members
 */
export function readJson(text: string): unknown {
  new JsonScan(text).check();
  return JSON.parse(text);
}

/** One walk along the text, as deep as `MAX_DEPTH`. */
class JsonScan {
  private at = 0;
  private readonly path: (string | number)[] = [];
  private readonly violations: FieldError[] = [];
  private membersRead = 0;

  constructor(private readonly text: string) {}

  /** @throws Problem */
  check(): void {
    this.skipSpace();
    this.value();
    if (this.at < this.text.length) throw this.malformed('the end of the body is expected');
    if (this.violations.length > 0) throw validationFailed(this.violations);
  }

  private value(): void {
    switch (this.text.charAt(this.at)) {
      case '{':
        if (this.enters('}')) this.members();
        this.at++;
        break;
      case '[':
        if (this.enters(']')) this.elements();
        this.at++;
        break;
      case '"':
        this.keepsAll(this.string());
        break;
      case "'":
        throw this.malformed('text must stand in double quotes');
      default:
        if (!this.skip(NUMBER) && !this.skip(WORD)) throw this.malformed('a value is expected');
    }
    this.skipSpace();
  }

  /** Whether the object or list that begins here holds anything. */
  private enters(end: string): boolean {
    if (this.path.length >= MAX_DEPTH) {
      const pointer = jsonPointer(this.path.slice(0, 1));
      throw validationFailed([{ pointer, detail: `must not be nested more than ${MAX_DEPTH} deep` }]);
    }
    this.at++;
    this.skipSpace();
    return this.text[this.at] !== end;
  }

  private members(): void {
    const timesSeen = new Map<string, number>();
    const place = this.path.push('') - 1;
    do {
      if (this.text[this.at] !== '"') throw this.malformed('the name of a member in double quotes is expected');
      if (++this.membersRead > MAX_MEMBERS) {
        throw validationFailed([{ pointer: '', detail: `must have at most ${MAX_MEMBERS} members in all` }]);
      }
      const name = this.string();
      this.path[place] = name;
      this.keepsAll(name);
      const times = (timesSeen.get(name) ?? 0) + 1;
      timesSeen.set(name, times);
      if (times === 1 && FORBIDDEN_NAMES.has(name)) this.refuse('is not a known member');
      if (times === 2) this.refuse('stands there more than once');
      this.skipSpace();
      if (this.text[this.at] !== ':') throw this.malformed('a colon is expected');
      this.at++;
      this.skipSpace();
      this.value();
    } while (this.another('}'));
    this.path.pop();
  }

  private elements(): void {
    const place = this.path.push(0) - 1;
    let index = 0;
    do {
      this.path[place] = index++;
      this.value();
    } while (this.another(']'));
    this.path.pop();
  }

  private another(end: string): boolean {
    if (this.text[this.at] === end) return false;
    if (this.text[this.at] !== ',') throw this.malformed(`a comma or ${end} is expected`);
    this.at++;
    this.skipSpace();
    return true;
  }

  private string(): string {
    const begin = this.at++;
    this.skipPlainText();
    if (this.text[this.at] === '"') return this.text.slice(begin + 1, this.at++);
    while (this.skip(ESCAPE)) this.skipPlainText();
    switch (this.text[this.at]) {
      case '"':
        break;
      case undefined:
        throw this.malformed('the closing double quote of a text is expected');
      case '\\':
        throw this.malformed('this is no escape sequence of JSON');
      default:
        throw this.malformed('line breaks and control characters must be escaped in text');
    }
    return String(JSON.parse(this.text.slice(begin, ++this.at)));
  }

  /** Half of a surrogate pair would be stored as another character: UTF-8 has none for it. */
  private keepsAll(text: string): void {
    if (!text.isWellFormed()) this.refuse('holds half of a surrogate pair, which is no character');
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return;
      this.at++;
    }
  }

  private skipPlainText(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      // Past the end there is NaN, which is not plain text either.
      if (!(code >= SPACE) || code === QUOTE || code === BACKSLASH) return;
      this.at++;
    }
  }

  /** Whether it was there; the pattern matches no empty text. */
  private skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  private refuse(detail: string): void {
    this.violations.push({ pointer: jsonPointer(this.path), detail });
  }

  private malformed(expected: string): Problem {
    const lines = this.text.slice(0, this.at).split('\n');
    const position = `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
    const where = this.at < this.text.length ? `at ${position}` : `where it ends, at ${position}`;
    return new Problem(PLATFORM_PROBLEMS['malformed-json'], { detail: `The body is not JSON ${where}: ${expected}.` });
  }
}
