import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as words from './words.js';

const PAGE = import.meta.dirname;

/** Words that the project does not use for what it means, and names of the code that nobody shows to a person. */
const AVOIDED =
  /\b(?:wish(?:ed|es)?|told|tidings|news|picture|brake|hurry|tally|newcomers?|refusals?|endings|putOff|ledger|viewer|operator|admin role|endpoint \/|health_checking|onDemand|billingMode|autoStop|lastUsed|desiredBy|pricePerHour)\b|\/api\/v1/i;

/** They hold names of programs, which are nobody's words. */
const NAMES_ONLY = new Set(['create/known-images.js']);

/** Names of keys, of interfaces of the browser, and values of attributes and headers; selectors with more than tags. */
const CODE =
  /^(?:Arrow\w+|Enter|Escape|Tab|Home|End|Shift|Ctrl|Notification|ProblemError|Bearer|Novita|noopener noreferrer)$|[[\]#=>]|(?:^|[\s,])\./;

const modules = filesOf(PAGE, '.js');

const CLASSES_AND_TAGS = new Set([
  'input',
  'select',
  'textarea',
  'button',
  'tbody',
  'a',
  ...filesOf(join(PAGE, '../styles'), '.css').flatMap((path) =>
    [...readFileSync(join(PAGE, '../styles', path), 'utf8').matchAll(/\.(([a-z]\w*)[\w-]*)/g)].flatMap(
      ([, name = '', beginning = '']) => [name, beginning],
    ),
  ),
]);

describe('the words of the page', () => {
  it('are all named in one file', () => {
    const files = modules.filter((path) => path.endsWith('/words.js'));
    const named = [...readFileSync(join(PAGE, 'words.js'), 'utf8').matchAll(/from '\.\/([^']+)'/g)].map(
      ([, path]) => path,
    );
    expect(new Set(named)).toEqual(new Set(files));
  });

  it('are those of the project', () => {
    const texts = textsOf(words);
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter(([, text]) => AVOIDED.test(text))).toEqual([]);
  });

  it('stand in a words.js and nowhere else', () => {
    const others = modules.filter(
      (path) => !/(^|\/)words\.js$|\.spec\.|\.fixture\./.test(path) && !NAMES_ONLY.has(path),
    );
    expect(others.length).toBeGreaterThan(100);
    const said = others.flatMap((path) => proseIn(path).map((text) => `${path}: ${text}`));
    expect(said).toEqual([]);
  });

  it.each([
    ["h('p', {}, 'Nothing is known yet.')", ['Nothing is known yet.']],
    ["const text = 'Close';", ['Close']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source of a module
    ['const text = `${count} of ${total} are shown`;', ['are shown']],
    ["return 'it is gone already';", ['it is gone already']],
    ["h('p', { class: 'banner row' }, WORDS.text)", []],
    ["if (event.key === 'Enter') host.querySelector('input, select');", []],
    ["import { a } from './a b.js';", []],
  ])('are found in %s', (source, found) => {
    expect(proseOf(source)).toEqual(found);
  });
});

/** @param {string} folder @param {string} ending */
function filesOf(folder, ending) {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => path.endsWith(ending)).map((path) => path.replaceAll('\\', '/'));
}

/**
 * Every text in an object of words; functions are called with examples.
 *
 * @param {unknown} value
 * @param {string} [where]
 * @returns {[string, string][]}
 */
function textsOf(value, where = '') {
  if (typeof value === 'string') return value === '' ? [] : [[where, value]];
  if (typeof value === 'function') return textsOf(String(value).replace(/^[^=]*=>/, ''), `${where}()`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => textsOf(part, where === '' ? name : `${where}.${name}`));
}

/**
 * The literals of a module that read like something for a person.
 *
 * @param {string} path
 */
function proseIn(path) {
  return proseOf(readFileSync(join(PAGE, path), 'utf8'));
}

/** @param {string} source of a module */
function proseOf(source) {
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && isProse(node.text.trim())) found.push(node.text.trim());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('module.js', source, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS));
  return found;
}

/**
 * A label begins with a capital; part of a sentence has two words in a row. Lists of classes and selectors have these too.
 *
 * @param {string} text
 */
function isProse(text) {
  if (CODE.test(text) || text.split(/[\s,]+/).every((word) => word.includes('-') || CLASSES_AND_TAGS.has(word)))
    return false;
  return /^[“(]?[A-Z][a-z]/.test(text) || /[a-z]{2}[,;:.]? [a-z]{2}/i.test(text);
}
