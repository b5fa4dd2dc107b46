import { describe, expect, it } from 'vitest';
import { readKubeconfig } from './kubeconfig.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(cluster: object, user: object): object {
  return {
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u' } },
      { name: 'two', context: { cluster: 'c' } },
      { name: 'lost', context: { cluster: 'nowhere' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://k8s.test:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  };
}

describe('readKubeconfig', () => {
  it('reads the current context, files from its folder, and data before files', () => {
    const cluster = { 'certificate-authority': 'ca.crt', 'tls-server-name': 'inside' };
    const user = {
      tokenFile: 'token',
      token: 'older',
      'client-certificate': 'unused',
      'client-certificate-data': base64('cert'),
      'client-key': '/absolute/key',
    };
    expect(readKubeconfig(kubeconfig(cluster, user), null, '/home/me/.kube')).toEqual({
      name: 'one',
      server: new URL('https://k8s.test:6443'),
      ca: { in: 'file', path: '/home/me/.kube/ca.crt' },
      serverName: 'inside',
      skipsTlsVerification: false,
      token: { in: 'file', path: '/home/me/.kube/token' },
      certificate: { cert: { in: 'text', text: 'cert' }, key: { in: 'file', path: '/absolute/key' } },
      plugin: null,
      oidc: null,
    });
  });

  it('reads the context that is wanted, also one without a user', () => {
    const document = kubeconfig({ 'insecure-skip-tls-verify': true }, { token: 't' });
    expect(readKubeconfig(document, 'two', '/')).toMatchObject({ token: null, skipsTlsVerification: true });
  });

  it('knows credentials that come from elsewhere', () => {
    expect(readKubeconfig(kubeconfig({}, { exec: { command: 'aws' } }), null, '/').plugin).toBe('exec');
    const azure = { 'auth-provider': { name: 'azure' } };
    expect(readKubeconfig(kubeconfig({}, azure), null, '/')).toMatchObject({ plugin: 'auth-provider', oidc: null });
    const config = { 'idp-issuer-url': 'https://idp.test/', 'client-id': 'me', 'refresh-token': 'r' };
    const ca = { 'idp-certificate-authority': 'idp.crt', 'client-secret': '' };
    const oidc = { 'auth-provider': { name: 'oidc', config: { ...config, ...ca } } };
    expect(readKubeconfig(kubeconfig({}, oidc), null, '/etc')).toMatchObject({
      plugin: null,
      oidc: {
        issuer: 'https://idp.test/',
        clientId: 'me',
        clientSecret: null,
        idToken: null,
        refreshToken: 'r',
        ca: { in: 'file', path: '/etc/idp.crt' },
      },
    });
  });

  it.each<[string, object, string]>([
    ['no issuer', { 'client-id': 'me', 'id-token': 'a' }, 'no idp-issuer-url'],
    [
      'an issuer without TLS',
      { 'idp-issuer-url': 'http://idp', 'client-id': 'me', 'id-token': 'a' },
      'no https address',
    ],
    ['no client', { 'idp-issuer-url': 'https://idp', 'id-token': 'a' }, 'no client-id'],
    ['no token', { 'idp-issuer-url': 'https://idp', 'client-id': 'me' }, 'neither an id-token nor a refresh-token'],
  ])('refuses a provider of identities with %s', (_what, config, why) => {
    const user = { 'auth-provider': { name: 'oidc', config } };
    expect(() => readKubeconfig(kubeconfig({}, user), null, '/')).toThrow(why);
  });

  it.each<[string, unknown, string | null, string]>([
    ['no mapping', ['a'], null, 'not a kubeconfig'],
    ['no context', {}, null, 'no current-context'],
    ['an unknown context', kubeconfig({}, {}), 'three', 'contexts has no three'],
    ['an unknown cluster', kubeconfig({}, {}), 'lost', 'clusters has no nowhere'],
    ['no address', kubeconfig({ server: 'k8s' }, {}), null, 'no http or https address'],
    ['half a certificate', kubeconfig({}, { 'client-key': 'k' }), null, 'a key its certificate'],
    ['a password', kubeconfig({}, { username: 'me', password: 'p' }), null, 'basic authentication'],
    ['a password in the address', kubeconfig({ server: 'https://a:b@k8s' }, {}), null, 'in the address'],
    ['impersonation', kubeconfig({}, { as: 'root' }), null, 'impersonation'],
    ['a proxy', kubeconfig({ 'proxy-url': 'http://p' }, {}), null, 'proxy-url'],
  ])('rejects %s and says why', (_what, document, context, why) => {
    expect(() => readKubeconfig(document, context, '/')).toThrow(why);
  });
});
