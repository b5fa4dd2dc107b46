import { loadSection } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { NovitaSettings } from './novita.settings.js';

describe('novitaProxy', () => {
  const both = { HTTPS_PROXY: 'http://tls.example:1', HTTP_PROXY: 'http://plain.example:2' };

  it('is the one for the scheme of the address of Novita', () => {
    expect(loadSection(NovitaSettings, both).novitaProxy).toBe('http://tls.example:1/');
    expect(loadSection(NovitaSettings, { ...both, NOVITA_API_BASE_URL: 'http://novita.example' }).novitaProxy).toBe(
      'http://plain.example:2/',
    );
    expect(loadSection(NovitaSettings, { HTTP_PROXY: both.HTTP_PROXY }).novitaProxy).toBeNull();
  });

  it('is read by its usual name in small letters first', () => {
    expect(loadSection(NovitaSettings, { ...both, https_proxy: 'small.example' }).novitaProxy).toBe(
      'http://small.example/',
    );
    expect(loadSection(NovitaSettings, { ...both, https_proxy: '' }).novitaProxy).toBe('http://tls.example:1/');
  });

  it.each(['http://127.0.0.1:4010', 'http://localhost:4010', 'http://[::1]:4010'])('is none for %s', (address) => {
    expect(loadSection(NovitaSettings, { ...both, NOVITA_API_BASE_URL: address }).novitaProxy).toBeNull();
  });
});
