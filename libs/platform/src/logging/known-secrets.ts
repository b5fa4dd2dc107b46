import { passwordIn } from '../settings/addresses.js';
import type { Settings } from '../settings/settings.js';

/** The texts in the settings that may never be written anywhere. */
export function knownSecrets(settings: Settings): readonly string[] {
  const addresses = [settings.redisUrl, settings.HTTPS_PROXY, settings.HTTP_PROXY].filter(
    (address) => address !== null,
  );
  const passwords = addresses.flatMap((address) => [
    passwordIn(address),
    // As other programs write it; an address of several hosts is none to them.
    URL.canParse(address) ? new URL(address).password : '',
  ]);
  return [
    settings.NOVITA_API_KEY ?? '',
    settings.UPSTASH_REDIS_REST_TOKEN ?? '',
    ...passwords,
    ...passwords.map(decodeLeniently),
    ...settings.API_KEYS.map(({ key }) => key),
  ].filter((secret) => secret !== '');
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
