import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fieldLabel } from './problem.js';
import { PROBLEMS } from './words.js';

/**
 * @typedef {{readonly content?: Readonly<Record<string, {readonly examples?: object}>>}} Answer
 * @typedef {{readonly responses: Readonly<Record<string, Answer>>}} Operation
 */

const SOURCES = join(import.meta.dirname, '..');
const DOCUMENT = JSON.parse(readFileSync(join(SOURCES, '../../../../openapi.json'), 'utf8'));

/** The addresses that the modules of the page name; whatever is filled in stands for a part of a path. */
function calledPaths() {
  const texts = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js') && !path.includes('.spec.'))
    .map((path) => readFileSync(join(SOURCES, path), 'utf8'));
  const literals = texts.flatMap((text) => [...text.matchAll(/'(\/[^'\s]+)'|`(\/[^`]+)`/g)]);
  return literals.map(([, plain, filled]) => {
    const path = plain ?? filled?.replaceAll(/\$\{[^}]*\}/g, '[^/]*') ?? '';
    return new RegExp(`^${path.replace(/\?.*$/, '')}$`);
  });
}

/** The codes with which the operations answer that the page calls. */
function codesOfAnswers() {
  const called = calledPaths();
  /** @type {Set<string>} */
  const codes = new Set();
  for (const [path, item] of Object.entries(DOCUMENT.paths)) {
    // The address of one instance stands in a function, to which its callers add a word.
    if (!called.some((pattern) => pattern.test(path)) && !path.startsWith('/api/v1/instances/{')) continue;
    for (const operation of Object.values(/** @type {Readonly<Record<string, Operation>>} */ (item))) {
      for (const { content } of Object.values(operation.responses ?? {})) {
        for (const code of Object.keys(content?.['application/problem+json']?.examples ?? {})) codes.add(code);
      }
    }
  }
  return codes;
}

/** The codes that may stand on an instance as its last error. */
function codesOnInstances() {
  const source = readFileSync(join(SOURCES, '../../../../libs/lifecycle/src/problems/lifecycle.problems.ts'), 'utf8');
  return [...source.matchAll(/^ {2}'?([a-z-]+)'?: \{$/gm)].map(([, code = '']) => code);
}

it('has a message for each problem that the page can meet', () => {
  const [answers, onInstances] = [codesOfAnswers(), codesOnInstances()];
  expect(answers).toContain('sync-in-progress');
  expect(answers).toContain('no-queues');
  expect(onInstances).toContain('startup-timeout');
  expect([...answers, ...onInstances].filter((code) => PROBLEMS[code] === undefined)).toEqual([]);
});

it('shows a person no address, header, setting or word of the code', () => {
  const source = readFileSync(join(import.meta.dirname, 'words.js'), 'utf8');
  const texts = [...source.matchAll(/say\(([^)]*)\)/gs)].map(([, text]) => text);
  expect(texts.length).toBeGreaterThan(40);
  expect(
    texts.filter((text) => /\/api|Retry-After|If-Match|[A-Z]{3,}_|\b(viewer|operator|admin)\b/.test(text ?? '')),
  ).toEqual([]);
});

it('names a field as the forms do', () => {
  expect(['/ports/0', '/autoStop/thresholdMinutes', '?limit', ''].map(fieldLabel)).toEqual([
    'Ports 1',
    'Auto-stop thresholdMinutes',
    'limit',
    '',
  ]);
});
