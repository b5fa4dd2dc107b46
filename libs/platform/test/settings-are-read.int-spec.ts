import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../src/config/setting.decorator.js';
import { Settings } from '../src/config/settings.js';

const ROOT = join(import.meta.dirname, '../../..');
/** Where variables are declared, checked and described, which changes nothing yet. */
const DECLARING = 'libs/platform/src/config/';
/** The one getter there is in the class itself. */
const DERIVING = `${DECLARING}settings.ts`;

const withoutComments = (code: string): string => code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

/** A setting that is validated and documented but read by nobody promises what nothing keeps. */
describe('every variable', () => {
  const sources = new Map<string, string>();

  beforeAll(async () => {
    for await (const path of glob('{apps,libs}/*/src/**/*.ts', { cwd: ROOT, exclude: ['**/*.spec.ts'] })) {
      sources.set(path, withoutComments(await readFile(join(ROOT, path), 'utf8')));
    }
  });

  it.each(settingsOf(Settings).map((setting) => setting.variable))('%s is read by what it is for', (variable) => {
    const read = new RegExp(
      String.raw`\bsettings\.${variable}\b|\{[^{}]*\b${variable}\b[^{}]*\} = [^;]*\b[sS]ettings\b`,
    );
    const derived = new RegExp(String.raw`\bthis\.${variable}\b`);
    const readers = [...sources]
      .filter(([path, code]) => (path === DERIVING ? derived : read).test(code))
      .filter(([path]) => path === DERIVING || !path.startsWith(DECLARING));
    expect(readers.map(([path]) => path)).not.toEqual([]);
  });
});
