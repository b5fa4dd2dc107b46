import { LifecycleSettings } from '@app/lifecycle';
import { ProcessSettings, type Settings } from '@app/platform';
import { REALISTIC, type Sandbox, startSandbox } from '@app/sandbox';

const SANDBOX_INSTANCES = 8;

export interface FirstLook {
  readonly sandbox: Sandbox;
  /** Environment variables that win over those of the process. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** Starts the stand-in for Novita, to try the service without an account. */
export async function startFirstLook(settings: Settings): Promise<FirstLook> {
  const sandbox = await startSandbox({ instances: SANDBOX_INSTANCES, timing: REALISTIC });
  return {
    sandbox,
    overrides: { ...quickened(settings), NOVITA_API_KEY: 'sandbox', NOVITA_API_BASE_URL: sandbox.url },
  };
}

/**
 * Where nothing else was asked for: observes often enough that an instance becomes ready within some twenty
 * seconds, and does not log over what it printed.
 */
export function quickened(settings: Settings): Readonly<Record<string, string>> {
  return {
    ...(settings.get(LifecycleSettings).INSTANCE_POLL_INTERVAL === 30_000 && { INSTANCE_POLL_INTERVAL: '2s' }),
    ...(settings.get(ProcessSettings).LOG_LEVEL === 'info' && { LOG_LEVEL: 'warn' }),
  };
}
