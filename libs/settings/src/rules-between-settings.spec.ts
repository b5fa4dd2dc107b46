import { describe, expect, it } from 'vitest';
import { messageOf, valuesOf } from '../test/support/loaded.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  NOVITA_API_KEY: 'sk_live',
  API_KEYS: 'ci:admin:0123456789abcdef',
  FLEET_ID: 'k3v9',
};

describe('rules between settings', () => {
  it('listens everywhere and drains for longer in production', () => {
    expect(valuesOf(PRODUCTION)).toMatchObject({ HOST: '0.0.0.0', SHUTDOWN_DELAY: 2_000 });
    expect(valuesOf({ ...PRODUCTION, HOST: '10.0.0.1', SHUTDOWN_DELAY: '5' })).toMatchObject({
      HOST: '10.0.0.1',
      SHUTDOWN_DELAY: 5_000,
    });
  });

  it('wants a secret for WEBHOOK_URL, and in production an encrypted address', () => {
    const url = 'http://hooks.example.com/fleet';
    const secret = `whsec_${'a'.repeat(32)}`;
    expect(valuesOf({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret })).toMatchObject({ WEBHOOK_URL: url });
    expect(messageOf({ WEBHOOK_URL: url })).toContain('WEBHOOK_SECRET: unset although WEBHOOK_URL is set');
    expect(messageOf({ ...PRODUCTION, WEBHOOK_URL: url, WEBHOOK_SECRET: secret })).toContain(
      'WEBHOOK_URL: not encrypted, in production',
    );
  });

  it.each(['NOVITA_API_KEY', 'API_KEYS', 'FLEET_ID'])('wants %s in production only', (variable) => {
    expect(messageOf({ ...PRODUCTION, [variable]: '' })).toContain(`${variable}: unset, and production needs it`);
    expect(messageOf({ ...PRODUCTION, NODE_ENV: 'test', [variable]: '' })).toBe('');
  });

  it('wants a create grace longer than the time limit of a call', () => {
    expect(messageOf({ NOVITA_TIMEOUT: '60s', CREATE_RETRY_GRACE: '60s' })).toContain(
      'CREATE_RETRY_GRACE: 1m is not longer than NOVITA_TIMEOUT (1m)',
    );
    expect(messageOf({ NOVITA_TIMEOUT: '60s', CREATE_RETRY_GRACE: '61s' })).toBe('');
  });

  it('takes namespaces to mirror or to leave out, not both', () => {
    expect(messageOf({ KUBERNETES_NAMESPACES: 'ml', KUBERNETES_EXCLUDE_NAMESPACES: 'kube-system' })).toContain(
      'KUBERNETES_EXCLUDE_NAMESPACES: set although KUBERNETES_NAMESPACES names those that are wanted',
    );
    expect(messageOf({ KUBERNETES_EXCLUDE_NAMESPACES: 'kube-system' })).toBe('');
  });

  it('wants a drain delay shorter than the time limit of the shutdown', () => {
    expect(messageOf({ SHUTDOWN_TIMEOUT: '5s', SHUTDOWN_DELAY: '5s' })).toContain('SHUTDOWN_TIMEOUT: 5s is not longer');
  });

  it('wants a warning that is not longer than the threshold', () => {
    expect(messageOf({ AUTO_STOP_THRESHOLD: '10m', AUTO_STOP_WARNING: '11m' })).toContain(
      'AUTO_STOP_WARNING: 11m is longer than AUTO_STOP_THRESHOLD (10m)',
    );
    expect(messageOf({ AUTO_STOP_WARNING: '21m' })).toContain('is longer than AUTO_STOP_THRESHOLD (20m)');
    expect(messageOf({ AUTO_STOP_THRESHOLD: '10m', AUTO_STOP_WARNING: '10m' })).toBe('');
    expect(messageOf({ AUTO_STOP_THRESHOLD: '30s', AUTO_STOP_WARNING: '0' })).toBe('');
  });

  it('warns at half of a short threshold unless something else is set', () => {
    expect(valuesOf({ AUTO_STOP_THRESHOLD: '4m' })['AUTO_STOP_WARNING']).toBe(120_000);
    expect(valuesOf({ AUTO_STOP_THRESHOLD: '10m' })['AUTO_STOP_WARNING']).toBe(300_000);
    expect(valuesOf({ AUTO_STOP_THRESHOLD: '2h' })['AUTO_STOP_WARNING']).toBe(300_000);
    expect(messageOf({ AUTO_STOP_THRESHOLD: '0' })).not.toContain('AUTO_STOP_WARNING:');
  });

  it('lets an observation be three sync intervals old', () => {
    expect(valuesOf({ SYNC_INTERVAL_MINUTES: '10' })['AUTO_STOP_MAX_STALENESS']).toBe(1_800_000);
    expect(valuesOf({ SYNC_INTERVAL_MINUTES: '90s' })['AUTO_STOP_MAX_STALENESS']).toBe(270_000);
    expect(messageOf({ SYNC_INTERVAL_MINUTES: 'off' })).not.toContain('AUTO_STOP_MAX_STALENESS');
  });

  it('does not judge a pair while one of it is not valid by itself', () => {
    expect(messageOf({ NOVITA_TIMEOUT: 'off', CREATE_RETRY_GRACE: '1s' })).not.toContain('CREATE_RETRY_GRACE:');
  });

  it.each(['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'])(
    'wants both halves of an Upstash database',
    (variable) => {
      const both = { UPSTASH_REDIS_REST_URL: 'https://eu1-fit.upstash.io', UPSTASH_REDIS_REST_TOKEN: 'AX/+=' };
      expect(messageOf({ ...both, [variable]: '' })).toContain(`${variable}: unset although`);
    },
  );
});
