import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as words from './words.js';

const PAGE = import.meta.dirname;

/** Words that the project does not use for what it means, and names of the code that nobody shows to a person. */
const AVOIDED =
  /\b(?:wish(?:ed|es)?|told|tidings|picture|brake|putOff|ledger|viewer|operator|admin role|endpoint \/|health_checking|onDemand|billingMode|autoStop|lastUsed|desiredBy|pricePerHour)\b|\/api\/v1/i;

const modules = readdirSync(PAGE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js'));

describe('the words of the page', () => {
  it('are all named in one file', () => {
    const files = modules.filter((path) => path.endsWith('/words.js')).map((path) => path.replaceAll('\\', '/'));
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

  it('of a view stand in its words.js and nowhere else', () => {
    const views = modules.filter((path) => path.endsWith('/view.js'));
    expect(views.length).toBeGreaterThan(5);
    const said = views.map((path) => [path, proseIn(readFileSync(join(PAGE, path), 'utf8'))]);
    expect(said).toEqual(views.map((path) => [path, []]));
  });
});

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
 * Literals that read like a sentence or a label: a capital first, and a blank within.
 *
 * @param {string} source
 */
function proseIn(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/'([A-Z][a-z]+(?: [^'\n]+))'/g)].map(([, text = '']) => text);
}
