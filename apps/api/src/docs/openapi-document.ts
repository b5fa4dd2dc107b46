import { PLATFORM_PROBLEMS, type ProblemType } from '@app/platform';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { PROBLEM_FAMILIES } from '../core/errors/api.problems.js';
import { COMMON_HEADERS, problemExampleRef } from '../core/openapi/answers.decorator.js';
import { API_KEY_SCHEME } from '../core/openapi/operation.decorator.js';
import type { ProblemDocument } from '../core/openapi/problem-document.dto.js';
import { clientFriendly } from './client-friendly.js';
import { withEvents } from './event-schemas.js';
import { SYSTEM_PATHS } from './system-paths.js';

const DEFAULT_SERVER = 'http://127.0.0.1:3000';

const DESCRIPTION = `
Controls GPU instances rented at Novita.ai: creates, starts, watches, stops and deletes them, and never claims what Novita
has not confirmed.

- Send \`Authorization: Bearer <key>\`. A **viewer** reads, an **operator** also commands, an **admin** also sees queues and settings.
- Bodies are JSON in UTF-8, plain or with \`Content-Encoding: gzip\`, of at most 1 MiB and 32 levels; no two members of one object have the same name.
- Commands answer at once (202) and are carried out by workers: read the instance until \`status\` says it is done.
- Every failure is \`application/problem+json\` (RFC 9457); check \`code\`. Its page is \`/errors/{code}\`.
- Every answer says how fresh it is: \`X-Data-As-Of\`, and \`X-Sync-*\` for the sync with Novita. \`Prefer: min-fresh=SECONDS\` on a read asks Novita first.
- \`RateLimit\` and \`RateLimit-Policy\` say what a key has left; past it 429 with \`Retry-After\`.
- \`/api/...\` is the same as \`/api/v1/...\`.
`.trim();

/** The OpenAPI document of the application: what its routes say of themselves, the canonical paths only. */
export function buildOpenApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('novita-fleet')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(DEFAULT_SERVER, 'The address of `npm start`; the document that a server gives out names its own')
    .addTag('instances', 'Create, list, read, change and delete instances')
    .addTag('commands', 'Start, stop and restart; report use')
    .addTag('catalogue', 'What can be rented')
    .addTag('sync', 'How fresh our records of Novita are, and bringing them up to date')
    .addTag('events', 'What happens, as it happens')
    .addTag('webhooks', 'Events sent to receivers: where, which, and what became of them')
    .addTag('watchdog', 'A process on another host that stops what is overdue when this service is silent')
    .addTag('orphans', 'Instances at Novita that nothing here manages')
    .addTag('quarantine', 'What is stored and cannot be read')
    .addTag('kubernetes', 'A cluster as it is mirrored here: its resources, and what they ask for')
    .addTag('migration', 'Moving reclaimed spot instances to another machine')
    .addTag('auto-stop', 'Stopping idle instances: the rules in force, what they did, and leases')
    .addTag('spend', 'What the fleet costs')
    .addTag('dashboard', 'The fleet at a glance, and who asks')
    .addTag('system', 'Health, metrics and the meaning of errors')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'A key from API_KEYS or API_KEYS_FILE.' },
      API_KEY_SCHEME,
    )
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const canonical = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/v1/'));
  const paths = { ...Object.fromEntries(canonical), ...SYSTEM_PATHS };
  return clientFriendly(withEvents(withSharedComponents({ ...document, paths })));
}

/** Adds what many operations refer to, as far as they do. */
function withSharedComponents(document: OpenAPIObject): OpenAPIObject {
  const text = JSON.stringify(document.paths);
  const examples = [PLATFORM_PROBLEMS, ...PROBLEM_FAMILIES]
    .flatMap((family) => Object.values<ProblemType>(family))
    .filter((type) => text.includes(`"${problemExampleRef(type).$ref}"`))
    .map((type) => [type.code, { summary: type.title, value: exampleOf(type) }] as const);
  const headers = Object.entries(COMMON_HEADERS).map(
    ([name, description]) => [name, { description, schema: { type: 'string' } }] as const,
  );
  return {
    ...document,
    components: {
      ...document.components,
      headers: Object.fromEntries(headers),
      examples: Object.fromEntries(examples),
    },
  };
}

function exampleOf({ code, status, title, description, suggestion, retryable }: ProblemType): ProblemDocument {
  const requestId = '4f9d0c1e-7a52-4b7e-9d0f-1c2b3a4d5e6f';
  return {
    type: `/errors/${code}`,
    title,
    status,
    detail: description,
    instance: `urn:request:${requestId}`,
    code,
    retryable,
    suggestion,
    requestId,
  };
}
