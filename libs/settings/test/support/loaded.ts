import { InvalidSettingsError } from '@app/platform';
import { loadSettings } from '@app/settings';

/** The values of all sections, by their variables. */
export const valuesOf = (environment: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...loadSettings(environment).sections.values()].flatMap((section) => Object.entries(section)));

/** What is said of settings that are not valid; empty for those that are. */
export function messageOf(environment: NodeJS.ProcessEnv): string {
  try {
    loadSettings(environment);
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.message;
    throw error;
  }
  return '';
}
