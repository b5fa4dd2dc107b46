import {
  HttpSettings,
  loadSections,
  ProcessSettings,
  type Settings,
  ShutdownSettings,
  TracingSettings,
} from '@app/platform';

/** The settings of a process that stands on the platform alone. */
export function platformSettings(environment: NodeJS.ProcessEnv): Settings {
  return loadSections([ProcessSettings, HttpSettings, TracingSettings, ShutdownSettings], environment);
}
