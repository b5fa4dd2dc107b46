import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type SettingMetadata, settingsOf } from './setting.decorator.js';
import type { SettingsSection } from './settings.js';

const LINE_WIDTH = 118;

/** The text of `.env.example`: every variable with its meaning, commented out, so that a copy of it changes nothing. */
export function renderEnvExample(settings: readonly SettingMetadata[]): string {
  const groups = byGroup(settings).map(
    ([group, members]) => `# --- ${group} ---\n\n${members.map(exampleOf).join('\n\n')}`,
  );
  return [
    '# Generated from the settings that the libraries declare (libs/*/src/**/*.settings.ts). Copy to .env and take away',
    '# the # of what you want to change.',
    '# Variables of the environment win over this file; an empty one counts as unset.',
    '',
    groups.join('\n\n'),
    '',
  ].join('\n');
}

function exampleOf(setting: SettingMetadata): string {
  const text = [
    setting.description,
    `Accepted: ${setting.kind.accepted}.`,
    `Default: ${defaultOf(setting) ?? 'none'}. Example: ${setting.example}`,
  ];
  const shown = typeof setting.default === 'string' ? setting.default : setting.example;
  return [
    ...text.flatMap((line) => wrap(line, LINE_WIDTH - 2)).map((line) => `# ${line}`),
    `# ${setting.variable}=${shown}`,
  ].join('\n');
}

/** The text of docs/configuration.md. */
export function renderConfiguration(settings: readonly SettingMetadata[]): string {
  const sections = byGroup(settings).map(
    ([group, members]) =>
      `## ${group}\n\n| Variable | Default | Accepted | Meaning |\n| --- | --- | --- | --- |\n${members.map(rowOf).join('\n')}`,
  );
  return [
    '# Configuration',
    '',
    '<!-- Generated from the settings that the libraries declare (libs/*/src/**/*.settings.ts); do not edit. -->',
    '',
    'Every process reads its settings from the environment and, where there is one, from a `.env` file in its working',
    'directory; the environment wins. An empty variable counts as unset. All of them are checked before anything else',
    'happens: a process with a wrong setting does not start and names every violation at once. A value that is not accepted',
    'is never guessed at: `off` is not 0, `yes` is not `true`.',
    '',
    'Durations are written `500ms`, `45s`, `10m`, `2h` or `7d`; the table says what a bare number counts.',
    '',
    'Which Redis works, the rights of its user and how many commands it gets: [redis.md](redis.md).',
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}

function rowOf(setting: SettingMetadata): string {
  const fallback = defaultOf(setting);
  const secret = setting.sensitive === true ? ' Secret: never logged.' : '';
  return `| ${[
    `\`${setting.variable}\``,
    fallback === null ? 'none' : cell(typeof setting.default === 'string' ? `\`${fallback}\`` : fallback),
    cell(setting.kind.accepted),
    cell(`${setting.description}${secret} Example: \`${setting.example}\`.`),
  ].join(' | ')} |`;
}

function defaultOf(setting: SettingMetadata): string | null {
  return setting.default === null || typeof setting.default === 'string' ? setting.default : setting.default.text;
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

/** Under each heading what stands there, in the order in which the first of each is assembled. */
function byGroup(settings: readonly SettingMetadata[]): readonly (readonly [string, readonly SettingMetadata[]])[] {
  return [...Map.groupBy(settings, ({ group }) => group)];
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The documents that follow from the settings, by their path in the repository. */
function documents(sections: readonly SettingsSection[]): Readonly<Record<string, string>> {
  const settings = sections.flatMap((section) => settingsOf(section));
  return {
    '.env.example': renderEnvExample(settings),
    'docs/configuration.md': renderConfiguration(settings),
  };
}

/** Writes the documents below a folder and returns their paths. */
export async function writeSettingsDocuments(
  sections: readonly SettingsSection[],
  folder: string,
): Promise<readonly string[]> {
  const texts = Object.entries(documents(sections));
  for (const [path, text] of texts) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return texts.map(([path]) => path);
}

/** The documents below a folder that are missing or not what would be written. */
export async function staleSettingsDocuments(
  sections: readonly SettingsSection[],
  folder: string,
): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, text] of Object.entries(documents(sections))) {
    if ((await readOrNull(join(folder, path))) !== text) stale.push(path);
  }
  return stale;
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
