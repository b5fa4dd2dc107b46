import { REALISTIC, type Sandbox, startSandbox } from '@app/sandbox';

const SANDBOX_INSTANCES = 8;

/** Settings that let a person watch an instance become ready within some twenty seconds of the sandbox's time. */
const QUICK_SETTINGS: Readonly<Record<string, string>> = {
  NOVITA_API_KEY: 'sandbox',
  INSTANCE_POLL_INTERVAL: '2s',
  CREATE_RETRY_GRACE: '10s',
  NOVITA_TIMEOUT: '5s',
};

export interface FirstLook {
  readonly sandbox: Sandbox;
  /** Environment variables that win over those of the process. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** Starts the stand-in for Novita, for a first look without an account. */
export async function startFirstLook(): Promise<FirstLook> {
  const sandbox = await startSandbox({ instances: SANDBOX_INSTANCES, timing: REALISTIC, speed: 1 });
  return { sandbox, overrides: { ...QUICK_SETTINGS, NOVITA_API_BASE_URL: sandbox.url } };
}
