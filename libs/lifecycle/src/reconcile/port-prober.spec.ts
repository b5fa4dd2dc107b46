import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './port-prober.js';

describe('parseEndpoint', () => {
  it.each([
    ['https://a1-8080.hk.novita.ai', 'https://a1-8080.hk.novita.ai/'],
    ['http://127.0.0.1:8080/x', 'http://127.0.0.1:8080/x'],
    ['proxy.novita.ai:8080', 'http://proxy.novita.ai:8080/'],
    [' proxy.novita.ai ', 'http://proxy.novita.ai/'],
  ])('reads %s as an http endpoint', (text, url) => {
    const endpoint = parseEndpoint('http', text);
    expect(endpoint?.protocol === 'http' && endpoint.url.href).toBe(url);
  });

  it.each([
    ['proxy.novita.ai:32787', 'proxy.novita.ai', 32_787],
    ['tcp://127.0.0.1:22', '127.0.0.1', 22],
    ['[::1]:22', '::1', 22],
  ])('reads %s as a tcp endpoint', (text, host, port) => {
    expect(parseEndpoint('tcp', text)).toEqual({ protocol: 'tcp', host, port });
  });

  it.each([
    ['http', ''],
    ['http', 'file:///etc/passwd'],
    ['http', 'http://'],
    ['tcp', 'proxy.novita.ai'],
    ['tcp', 'a b:22'],
  ] as const)('reads %s endpoint "%s" as nothing', (protocol, text) => {
    expect(parseEndpoint(protocol, text)).toBeNull();
  });
});
