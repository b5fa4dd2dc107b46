import { AutoStopSettings } from '@app/auto-stop';
import { IdleSettings, MigrationSettings, RecordSettings } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { KubernetesSettings } from '@app/kubernetes-source';
import { LifecycleSettings } from '@app/lifecycle';
import { NovitaSettings } from '@app/novita-client';
import {
  HttpSettings,
  loadSections,
  ProcessSettings,
  readSections,
  type Settings,
  type SettingsSection,
  ShutdownSettings,
  TracingSettings,
} from '@app/platform';
import { RedisSettings } from '@app/redis';
import { SpendSettings } from '@app/spend';
import { SyncSettings } from '@app/sync';
import { WatchdogSettings } from '@app/watchdog';
import { WebhookSettings } from '@app/webhooks';

/**
 * Everything that can be set from outside. Each process validates all of it, also what only others use, so that a fleet
 * whose processes share an environment has one that is valid for all of them or none that starts. Documents and messages
 * keep this order; a default that follows from another setting wants that one's section before its own.
 */
export const SECTIONS: readonly SettingsSection[] = [
  ProcessSettings,
  HttpSettings,
  NovitaSettings,
  RedisSettings,
  LifecycleSettings,
  IdleSettings,
  ScheduleSettings,
  RecordSettings,
  SyncSettings,
  MigrationSettings,
  AutoStopSettings,
  SpendSettings,
  WebhookSettings,
  KubernetesSettings,
  WatchdogSettings,
  TracingSettings,
  ShutdownSettings,
];

/**
 * @param environment names and texts as in `process.env`
 * @throws InvalidSettingsError naming every violation at once
 */
export function loadSettings(environment: NodeJS.ProcessEnv): Settings {
  return loadSections(SECTIONS, environment);
}

/**
 * The settings of the environment and of a `.env` file in the working directory; the environment wins.
 *
 * @param overrides win over both
 * @throws InvalidSettingsError naming every violation at once
 */
export function readSettings(overrides: NodeJS.ProcessEnv = {}): Promise<Settings> {
  return readSections(SECTIONS, overrides);
}
