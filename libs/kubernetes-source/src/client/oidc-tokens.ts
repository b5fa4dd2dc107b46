import { type Clock, isObject, MINUTE_MS, oneLine, parseJson, SECOND_MS } from '@app/platform';
import { Agent, request } from 'undici';
import { withoutSecrets } from './credential-plugin.js';
import { ClusterAccessError, type OidcSettings } from './kubeconfig.js';

const LIMIT_MS = 30 * SECOND_MS;
/** Both documents are short. */
const MOST_BYTES = 1024 * 1024;
/** A token is renewed before it ends: the access to the cluster is kept for as long. */
const MOST_MARGIN_MS = MINUTE_MS;
/** Between renewals of tokens that the cluster refuses, and after one that failed: each kind is refused by itself. */
const PAUSE_MS = MINUTE_MS;

/** What a kubeconfig says of its user that tokens come from. */
export type OidcLogin = Pick<OidcSettings, 'issuer' | 'clientId' | 'idToken' | 'refreshToken'>;

/** By what the provider is asked, as the kubeconfig says it now. */
interface OidcClient {
  /** Null for a public client. */
  readonly secret: string | null;
  /** Of the provider; null for those that Node trusts. */
  readonly ca: string | null;
}

interface IdToken {
  readonly text: string;
  readonly endsAtMs: number;
  readonly renewAtMs: number;
}

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
  private idToken: IdToken | null;
  private refreshToken: string | null;
  private lastTry: { readonly atMs: number; readonly failure: unknown } | null = null;

  /** @param closing ends what the provider is asked, and lets it be asked no more */
  constructor(
    private readonly login: OidcLogin,
    private readonly clock: Clock,
    private readonly closing: AbortSignal,
  ) {
    this.idToken = login.idToken === null ? null : readToken(login.idToken, clock.now());
    this.refreshToken = login.refreshToken;
  }

  /** The cluster has refused the last one: the next is a new one, if any can be had and none was asked for just now. */
  refused(): void {
    if (this.refreshToken !== null && !this.hasJustTried()) this.idToken = null;
  }

  /**
   * One that has not ended, as far as it says so. A failure counts for a minute, in which the provider is left alone.
   * @throws ClusterAccessError
   */
  async current({ secret, ca }: OidcClient): Promise<string> {
    const { idToken, refreshToken, lastTry } = this;
    if (idToken !== null) {
      const goodUntilMs = refreshToken === null ? idToken.endsAtMs : idToken.renewAtMs;
      if (this.clock.now() < goodUntilMs) return idToken.text;
    }
    if (refreshToken === null) throw failed('its id-token has expired, and it has no refresh-token');
    if (lastTry !== null && lastTry.failure !== null && this.hasJustTried()) throw lastTry.failure;
    const agent = new Agent({ connect: { ...(ca !== null && { ca }), timeout: LIMIT_MS } });
    let failure: unknown = null;
    try {
      return await this.renewed(refreshToken, secret, agent);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.lastTry = { atMs: this.clock.now(), failure };
      await agent.destroy();
    }
  }

  private hasJustTried(): boolean {
    return this.lastTry !== null && Math.abs(this.clock.now() - this.lastTry.atMs) < PAUSE_MS;
  }

  private async renewed(refreshToken: string, clientSecret: string | null, agent: Agent): Promise<string> {
    const { clientId } = this.login;
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
    const answer = await call(tokenEndpoint, agent, this.closing, { method: 'POST', headers, body: form.toString() });
    const { id_token: text, refresh_token: next } = answer;
    // Before anything else is judged: the one that was sent may be good for nothing any more.
    if (typeof next === 'string' && next !== '') this.refreshToken = next;
    if (typeof text !== 'string' || text === '') throw failed(`${tokenEndpoint.host} answered without an id_token`);
    const now = this.clock.now();
    const idToken = readToken(text, now);
    if (idToken.endsAtMs <= now)
      throw failed(`the id_token of ${tokenEndpoint.host} has expired already: is a clock wrong?`);
    this.idToken = idToken;
    return text;
  }

  private async discover(agent: Agent): Promise<Provider> {
    const { issuer } = this.login;
    const document = await call(
      new URL(`${withoutSlash(issuer)}/.well-known/openid-configuration`),
      agent,
      this.closing,
      {},
    );
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

/** One that says no end is taken at its word: the cluster knows. */
function readToken(text: string, now: number): IdToken {
  const payload = parseJson(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const exp = isObject(payload) ? payload['exp'] : undefined;
  const endsAtMs = typeof exp === 'number' ? exp * SECOND_MS : Number.POSITIVE_INFINITY;
  // A provider may give tokens that live no longer than the margin.
  return { text, endsAtMs, renewAtMs: endsAtMs - Math.min(MOST_MARGIN_MS, Math.max(0, endsAtMs - now) / 2) };
}

interface Call {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function call(
  url: URL,
  dispatcher: Agent,
  closing: AbortSignal,
  { method, headers, body }: Call,
): Promise<Record<string, unknown>> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const signal = AbortSignal.any([limit, closing]);
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
    if (closing.aborted) throw failed('the connection to the cluster was given up');
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failed(`${url.host} cannot be asked: ${limit.aborted ? `no answer within ${LIMIT_MS / SECOND_MS} s` : why}`);
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
