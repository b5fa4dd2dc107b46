import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { withEvents } from './event-schemas.js';
import { API_KEY_SCHEME } from './security-scheme.js';
import { withSharedComponents } from './shared-components.js';
import { SYSTEM_PATHS } from './system-paths.js';

const DEFAULT_SERVER = 'http://127.0.0.1:3000';

const DESCRIPTION = `
Controls GPU instances rented at Novita.ai: creates, starts, watches, stops and deletes them, and never claims what Novita
has not confirmed.

- Send \`Authorization: Bearer <key>\`. A **viewer** reads, an **operator** also commands, an **admin** also sees queues and settings.
- Commands answer at once (202) and are carried out by workers: read the instance until \`status\` says it is done.
- Every failure is \`application/problem+json\` (RFC 9457); look at \`code\`. Its page is \`/errors/{code}\`.
- Every answer says how fresh it is: \`X-Data-As-Of\`, and \`X-Sync-*\` for the sync with Novita. \`Prefer: min-fresh=SECONDS\` on a read asks Novita first.
- \`RateLimit\` and \`RateLimit-Policy\` tell what a key has left; past it 429 with \`Retry-After\`.
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
    .addTag('sync', 'How far our picture is from that of Novita, and bringing it up to date')
    .addTag('events', 'What happens, as it happens')
    .addTag('orphans', 'Instances at Novita that nothing here manages')
    .addTag('dashboard', 'The fleet at a glance, and who asks')
    .addTag('system', 'Health, metrics and the meaning of errors')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A key from API_KEYS.' }, API_KEY_SCHEME)
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const canonical = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/v1/'));
  return withEvents(
    withSharedComponents({ ...document, paths: { ...Object.fromEntries(canonical), ...SYSTEM_PATHS } }),
  );
}
