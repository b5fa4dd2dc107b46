import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveProfile, writeProfiles } from './session.js';

describe('which fleet is meant', () => {
  let env: Record<string, string>;
  const [PROD, STAGING] = [
    { url: 'https://prod.example.com', key: 'prod-key' },
    { url: 'https://staging.example.com', key: null },
  ];

  beforeEach(async () => {
    env = { XDG_CONFIG_HOME: await mkdtemp(join(tmpdir(), 'novita-fleet-profiles-')) };
    await writeProfiles(env, { current: 'prod', profiles: { prod: PROD, staging: STAGING } });
  });
  afterEach(() => rm(env['XDG_CONFIG_HOME'] ?? '', { recursive: true }));

  it('is the current profile where nothing else is said', async () => {
    expect(await resolveProfile(env, undefined)).toEqual(PROD);
  });

  it('is what the environment names, be it the key alone: a key for this machine goes to no profile', async () => {
    const local = 'http://127.0.0.1:3000';
    expect(await resolveProfile({ ...env, NOVITA_FLEET_KEY: 'dev' }, undefined)).toEqual({ url: local, key: 'dev' });
    const there = { ...env, NOVITA_FLEET_URL: 'https://x.example.com/fleet/' };
    expect(await resolveProfile(there, undefined)).toEqual({ url: 'https://x.example.com/fleet', key: null });
    expect(await resolveProfile({ ...env, NOVITA_FLEET_URL: '', NOVITA_FLEET_KEY: '' }, undefined)).toEqual(PROD);
  });

  it('is the profile that is named, with its own key or none', async () => {
    expect(await resolveProfile({ ...env, NOVITA_FLEET_KEY: 'dev' }, 'staging')).toEqual(STAGING);
    expect(
      await resolveProfile({ ...env, NOVITA_FLEET_PROFILE: 'staging', NOVITA_FLEET_KEY: 'dev' }, undefined),
    ).toEqual(STAGING);
    await expect(resolveProfile(env, 'nobody')).rejects.toThrow('no profile "nobody"');
  });

  it('is no address that is none', async () => {
    for (const url of ['fleet.example.com', 'ftp://x']) {
      await expect(resolveProfile({ ...env, NOVITA_FLEET_URL: url }, undefined)).rejects.toThrow('no http or https');
    }
  });
});
