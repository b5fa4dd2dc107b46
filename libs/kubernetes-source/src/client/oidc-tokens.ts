import { isObject, MINUTE_MS, oneLine, parseJson, SECOND_MS } from '@app/platform';
import { Agent, request } from 'undici';
import { withoutSecrets } from './credential-plugin.js';
import { ClusterAccessError, type OidcSettings } from './kubeconfig.js';

const LIMIT_MS = 30 * SECOND_MS;
/** Both documents are short. */
const MOST_BYTES = 1024 * 1024;
/** A token is renewed before it ends: the access to the cluster is kept for as long. */
const MARGIN_MS = MINUTE_MS;

/** Where tokens are to be had, as its discovery document says. */
interface Provider {
  readonly tokenEndpoint: URL;
  /** Whether the client's secret goes into the body instead of the header. */
  readonly takesSecretInBody: boolean;
}

/**
 * The id tokens of a user of a kubeconfig with `auth-provider: oidc`, renewed by its refresh token (OpenID Connect Core 1.0,
 * 12). A refresh token that is replaced with the answer is kept in memory only: the kubeconfig stays as it is.
 */
export class OidcTokens {
  private idToken: string | null;
  private refreshToken: string | null;

  /** @param now epoch milliseconds */
  constructor(
    private readonly settings: OidcSettings,
    private readonly now: () => number = Date.now,
  ) {
    this.idToken = settings.idToken;
    this.refreshToken = settings.refreshToken;
  }

  /** The cluster has refused the last one: the next is a new one, if any can be had. */
  refused(): void {
    if (this.refreshToken !== null) this.idToken = null;
  }

  /**
   * One that has not ended, as far as it says so.
   * @param ca of the provider; null for those that Node trusts
   * @throws ClusterAccessError
   */
  async current(ca: string | null): Promise<string> {
    const { idToken, refreshToken } = this;
    if (idToken !== null && !this.isOver(idToken)) return idToken;
    if (refreshToken === null) throw failed('its id-token has expired, and it has no refresh-token');
    const agent = new Agent({ connect: { ...(ca !== null && { ca }), timeout: LIMIT_MS } });
    try {
      return await this.renewed(refreshToken, agent);
    } finally {
      await agent.destroy();
    }
  }

  /** One that says no end is taken at its word: the cluster knows. */
  private isOver(idToken: string): boolean {
    const payload = parseJson(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = isObject(payload) ? payload['exp'] : undefined;
    return typeof exp === 'number' && exp * SECOND_MS - MARGIN_MS <= this.now();
  }

  private async renewed(refreshToken: string, agent: Agent): Promise<string> {
    const { clientId, clientSecret } = this.settings;
    const { tokenEndpoint, takesSecretInBody } = await this.discover(agent);
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (clientSecret === null || takesSecretInBody) {
      form.set('client_id', clientId);
      if (clientSecret !== null) form.set('client_secret', clientSecret);
    } else {
      // Each half as in a form, before they are put together (RFC 6749, 2.3.1).
      const pair = [clientId, clientSecret]
        .map((part) => new URLSearchParams([['', part]]).toString().slice(1))
        .join(':');
      headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
    }
    const answer = await call(tokenEndpoint, agent, { method: 'POST', headers, body: form.toString() });
    const { id_token: idToken, refresh_token: next } = answer;
    if (typeof idToken !== 'string' || idToken === '')
      throw failed(`${tokenEndpoint.host} answered without an id_token`);
    if (this.isOver(idToken))
      throw failed(`the id_token of ${tokenEndpoint.host} has expired already: is a clock wrong?`);
    this.idToken = idToken;
    if (typeof next === 'string' && next !== '') this.refreshToken = next;
    return idToken;
  }

  private async discover(agent: Agent): Promise<Provider> {
    const { issuer } = this.settings;
    const document = await call(new URL(`${withoutSlash(issuer)}/.well-known/openid-configuration`), agent, {});
    if (typeof document['issuer'] !== 'string' || withoutSlash(document['issuer']) !== withoutSlash(issuer)) {
      throw failed(`${new URL(issuer).host} says that it is another issuer than idp-issuer-url`);
    }
    const endpoint = URL.parse(String(document['token_endpoint']));
    // A refresh token that was sent without TLS is lost.
    if (endpoint?.protocol !== 'https:') throw failed(`${new URL(issuer).host} names no token_endpoint with https`);
    const methods = document['token_endpoint_auth_methods_supported'];
    const takesSecretInBody =
      Array.isArray(methods) && methods.includes('client_secret_post') && !methods.includes('client_secret_basic');
    return { tokenEndpoint: endpoint, takesSecretInBody };
  }
}

interface Call {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function call(url: URL, dispatcher: Agent, { method, headers, body }: Call): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  let status: number;
  let text = '';
  try {
    const response = await request(url, {
      dispatcher,
      signal,
      method: method ?? 'GET',
      headers: { accept: 'application/json', ...headers },
      ...(body !== undefined && { body }),
    });
    status = response.statusCode;
    response.body.setEncoding('utf8');
    for await (const piece of response.body) {
      text += String(piece);
      if (text.length > MOST_BYTES) throw new Error('the answer is too long');
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failed(`${url.host} cannot be asked: ${signal.aborted ? `no answer within ${LIMIT_MS / SECOND_MS} s` : why}`);
  }
  const answer = parseJson(text);
  if (status === 200 && isObject(answer)) return answer;
  const { error, error_description: description } = isObject(answer) ? answer : {};
  const words = [error, description].filter((word) => typeof word === 'string');
  throw failed(`${url.host} answered ${status}${words.length === 0 ? '' : ` (${withoutSecrets(words.join(': '))})`}`);
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '');

function failed(why: string): ClusterAccessError {
  return new ClusterAccessError('plugin-failed', `the kubeconfig's auth-provider gave no token: ${oneLine(why)}`);
}
