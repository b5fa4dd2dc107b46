import { Setting } from '../config/setting.decorator.js';
import { matching, parseUrl, type SettingKind, Violation } from '../config/setting-kinds.js';
import type { SettingRule } from '../config/settings.js';

/** Of names that others know, see https://opentelemetry.io/docs/specs/otel/protocol/exporter/. */
const endpoint: SettingKind<string> = {
  accepted: 'an http or https address without user, query or fragment, such as http://collector:4318',
  parse: (text) => {
    const url = parseUrl(text, ['http:', 'https:']);
    if (url instanceof Violation) return new Violation('not an http or https address');
    if (url.username !== '' || url.password !== '')
      return new Violation('holds a user name: use OTEL_EXPORTER_OTLP_HEADERS');
    if (url.search !== '' || url.hash !== '') return new Violation('holds a query or a fragment');
    return url.href.replace(/\/+$/, '');
  },
};

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** Header lines as `name=value,…`, values percent-encoded. Violations name an entry by its place only. */
const headers: SettingKind<Readonly<Record<string, string>>> = {
  accepted: 'a comma-separated list of name=value, with percent-encoded values',
  whenUnset: {},
  parse: parseHeaders,
  // As they are written, and as they are sent.
  secretsIn: (text) =>
    text.split(',').flatMap((entry) => {
      const written = entry.slice(entry.indexOf('=') + 1).trim();
      return [written, decoded(written) ?? written];
    }),
};

function parseHeaders(text: string): Readonly<Record<string, string>> | Violation {
  const parsed: Record<string, string> = {};
  for (const [place, entry] of text.split(',').entries()) {
    const [name = '', ...rest] = entry.trim().split('=');
    const value = decoded(rest.join('='));
    if (!HEADER_NAME.test(name) || value === null) return new Violation(`entry ${place + 1} is not name=value`);
    parsed[name] = value;
  }
  return parsed;
}

function decoded(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    return /^[\t\x20-\x7e]+$/.test(value) ? value : null;
  } catch {
    return null;
  }
}

const fraction: SettingKind<number> = {
  accepted: 'a number from 0 to 1',
  parse: (text) =>
    /^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/.test(text) ? Number(text) : new Violation('not a number from 0 to 1'),
};

/** Traces, by the names that OpenTelemetry gave these variables. */
export class TracingSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: endpoint,
    group: 'Traces',
    description:
      'Where spans are sent, by OTLP over HTTP in JSON; `/v1/traces` is appended. Unset: no traces are made, and nothing of OpenTelemetry is loaded but its interfaces.',
    default: null,
    example: 'http://localhost:4318',
  })
  readonly OTEL_EXPORTER_OTLP_ENDPOINT!: string | null;

  @Setting({
    kind: headers,
    group: 'Traces',
    description: 'Sent with the spans, as for a key that the receiver wants.',
    default: null,
    example: 'Authorization=Bearer%20abc123',
    sensitive: true,
  })
  readonly OTEL_EXPORTER_OTLP_HEADERS!: Readonly<Record<string, string>>;

  @Setting({
    kind: matching(/^[\x20-\x7e]{1,100}$/, 'at most 100 printable characters'),
    group: 'Traces',
    description:
      'Name of the service in the traces. Unset: novita-fleet-api, novita-fleet-worker or novita-fleet-standalone.',
    default: null,
    example: 'gpu-fleet-staging',
  })
  readonly OTEL_SERVICE_NAME!: string | null;

  @Setting({
    kind: fraction,
    group: 'Traces',
    description:
      'The part of the traces begun here that is recorded. A request with a `traceparent` is recorded if that says so.',
    default: '1',
    example: '0.1',
  })
  readonly OTEL_TRACES_SAMPLER_ARG!: number;
}
