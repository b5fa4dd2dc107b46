import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { InvalidSettingsError, loadSections } from './load-settings.js';
import { Settings, type SettingsSection } from './settings.js';

@Global()
@Module({})
export class SettingsModule {
  /** Provides each section by its class, and all of them as `Settings`. */
  static forRoot(settings: Settings): DynamicModule {
    const providers = [
      { provide: Settings, useValue: settings },
      ...[...settings.sections].map(([section, loaded]) => ({ provide: section, useValue: loaded })),
    ];
    return { module: SettingsModule, providers, exports: providers };
  }
}

/**
 * The settings of the environment and of a `.env` file in the working directory; the environment wins.
 *
 * @param overrides win over both
 * @throws InvalidSettingsError
 */
export async function readSections(
  sections: readonly SettingsSection[],
  overrides: NodeJS.ProcessEnv = {},
): Promise<Settings> {
  const loaded: Settings[] = [];
  await checkEnvFile();
  await ConfigModule.forRoot({
    validate: (environment) => {
      loaded.push(loadSections(sections, { ...environment, ...overrides }));
      // A plain object of values would be written back to `process.env`.
      return {};
    },
  });
  const [settings] = loaded;
  if (settings === undefined) throw new Error('the settings were not read');
  return settings;
}

/**
 * The reader of `.env` finds no line that it knows in a file of another encoding, and says nothing of it.
 *
 * @throws InvalidSettingsError when there is a `.env` that cannot be read as UTF-8
 */
async function checkEnvFile(): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = await readFile('.env');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return;
    throw envFileError(`cannot be read: ${code}`);
  }
  const encoding = foreignEncodingOf(bytes);
  if (encoding !== null) throw envFileError(`is written in ${encoding}`);
}

function envFileError(problem: string): InvalidSettingsError {
  return new InvalidSettingsError([
    { variable: '.env', problem, accepted: 'a readable file in UTF-8; save it anew in that encoding' },
  ]);
}

/** @returns null for UTF-8, with or without its mark */
function foreignEncodingOf(bytes: Buffer): string | null {
  const [first, second] = bytes;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Without the mark, every other byte of English text is a zero, which no text in UTF-8 holds.
  if (isMarked || bytes.includes(0)) return 'UTF-16';
  return isUtf8(bytes) ? null : 'another encoding';
}
