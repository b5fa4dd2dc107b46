import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settingsOf } from '@app/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { SECTIONS } from '../src/fleet-settings.js';

const ROOT = join(import.meta.dirname, '../../..');
/** Where variables are declared, checked and described, which changes nothing yet; a getter of a section reads them. */
const DECLARING = '.settings.ts';

const withoutComments = (code: string): string => code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

describe('the sections of settings', () => {
  const sources = new Map<string, string>();

  beforeAll(async () => {
    for await (const path of glob('{apps,libs}/*/src/**/*.ts', { cwd: ROOT, exclude: ['**/*.spec.ts'] })) {
      sources.set(path, withoutComments(await readFile(join(ROOT, path), 'utf8')));
    }
  });

  it('are assembled, all that any library declares', () => {
    const declared = [...sources]
      .filter(([path]) => path.endsWith(DECLARING))
      .flatMap(([, code]) => [...code.matchAll(/^export class (\w+)/gm)].map((match) => match[1]));
    expect(declared).toHaveLength(SECTIONS.length);
    expect(new Set(declared)).toEqual(new Set(SECTIONS.map((section) => section.name)));
  });

  /** A setting that is validated and documented but read by nobody promises what nothing keeps. */
  it.each(
    SECTIONS.flatMap((section) => settingsOf(section).map(({ variable }) => ({ section: section.name, variable }))),
  )('$section: $variable is read by what it is for', ({ section, variable }) => {
    const read = new RegExp(String.raw`\.${variable}\b|\{[^{}]*\b${variable}\b[^{}]*\}(?:: | = )[^;]*\b${section}\b`);
    const derived = new RegExp(String.raw`\bthis\.${variable}\b`);
    const readers = [...sources].filter(([path, code]) => (path.endsWith(DECLARING) ? derived : read).test(code));
    expect(readers.map(([path]) => path)).not.toEqual([]);
  });
});
