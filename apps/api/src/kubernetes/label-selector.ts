/*
 * Label selectors as the apiserver takes them, equality and set based:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */

type LabelRequirement =
  | { readonly operator: 'exists' | 'absent'; readonly key: string }
  | { readonly operator: 'in' | 'not-in'; readonly key: string; readonly values: ReadonlySet<string> };

/** All of them must hold; none for everything. */
type LabelSelector = readonly LabelRequirement[];

/** Why a text is no selector. `position` counts characters from 1. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';

  constructor(
    message: string,
    readonly position: number,
  ) {
    super(`${message}, at character ${position}`);
  }
}

/** As the apiserver, a resource without the label agrees with `!=` and `notin`. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every((requirement) => agrees(requirement, labels));
}

function agrees(requirement: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  // A label may be called like a member that every object has.
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'not-in':
      return value === undefined || !requirement.values.has(value);
  }
}

/** @throws SelectorError */
export function parseLabelSelector(text: string): LabelSelector {
  const reader = new SelectorReader(text);
  const selector: LabelRequirement[] = [];
  if (reader.isAtEnd()) return selector;
  for (;;) {
    selector.push(readRequirement(reader));
    if (reader.isAtEnd()) return selector;
    reader.expect(',', 'a comma between two requirements');
  }
}

function readRequirement(reader: SelectorReader): LabelRequirement {
  if (reader.take('!')) return { operator: 'absent', key: readKey(reader) };
  const key = readKey(reader);
  if (reader.isAtEnd() || reader.sees(',')) return { operator: 'exists', key };
  if (reader.take('!=')) return { operator: 'not-in', key, values: new Set([readValue(reader)]) };
  if (reader.take('==') || reader.take('=')) return { operator: 'in', key, values: new Set([readValue(reader)]) };
  const { word, at } = reader.word();
  if (word === 'in' || word === 'notin') {
    return { operator: word === 'in' ? 'in' : 'not-in', key, values: readValues(reader) };
  }
  throw new SelectorError('expected =, ==, !=, in, notin, a comma or the end', at);
}

function readValues(reader: SelectorReader): ReadonlySet<string> {
  reader.expect('(', 'an opening parenthesis');
  const values = new Set<string>();
  do values.add(readValue(reader));
  while (reader.take(','));
  reader.expect(')', 'a comma or a closing parenthesis');
  return values;
}

/** Of a key behind its prefix, and of a value. */
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** A DNS subdomain. */
const PREFIX = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function readKey(reader: SelectorReader): string {
  const { word, at } = reader.word();
  if (word === '') throw new SelectorError('expected the key of a label', at);
  const slash = word.indexOf('/');
  const isKey = (slash === -1 || PREFIX.test(word.slice(0, slash))) && NAME.test(word.slice(slash + 1));
  if (!isKey) throw new SelectorError('this is not the key of a label', at);
  return word;
}

function readValue(reader: SelectorReader): string {
  const { word, at } = reader.word();
  if (word !== '' && !NAME.test(word)) throw new SelectorError('this is not the value of a label', at);
  return word;
}

/** Goes through the text of a selector; blanks between its parts mean nothing. */
class SelectorReader {
  private static readonly WORD = /[A-Za-z0-9._/-]*/y;
  private static readonly BLANKS = /[ \t]*/y;
  private next = 0;

  constructor(private readonly text: string) {}

  isAtEnd(): boolean {
    this.skipBlanks();
    return this.next === this.text.length;
  }

  sees(mark: string): boolean {
    this.skipBlanks();
    return this.text.startsWith(mark, this.next);
  }

  take(mark: string): boolean {
    if (!this.sees(mark)) return false;
    this.next += mark.length;
    return true;
  }

  /** @throws SelectorError */
  expect(mark: string, what: string): void {
    if (!this.take(mark)) throw new SelectorError(`expected ${what}`, this.next + 1);
  }

  /** Empty where none stands; `at` is where it begins, or would. */
  word(): { readonly word: string; readonly at: number } {
    this.skipBlanks();
    const at = this.next + 1;
    return { word: this.match(SelectorReader.WORD), at };
  }

  private skipBlanks(): void {
    this.match(SelectorReader.BLANKS);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.next;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.next += found.length;
    return found;
  }
}
