import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { HTML_TYPE, JSON_TYPE } from '../core/http/negotiation.js';
import type { DocumentPages } from '../web-page/document-pages.js';
import { buildOpenApiDocument } from './openapi-document.js';

const DOCS = '/docs';
const DOCUMENT = '/openapi.json';

const PAGES: ReadonlySet<string> = new Set([DOCS, `${DOCS}/`, `${DOCS}/index.html`]);
const SWAGGER = ['swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js', 'swagger-ui-init.js'];

/** Makes the routes of the documentation public, gives its page the policy that it works under, and our own markup. */
export function describeDocsRoutes(server: FastifyInstance, documents: DocumentPages): void {
  server.addHook('onRoute', (route) => describeRoute(route, documents));
}

function describeRoute(route: RouteOptions, documents: DocumentPages): void {
  if (route.url === DOCUMENT) route.config = { ...route.config, access: 'public' };
  if (route.url === DOCS || route.url.startsWith(`${DOCS}/`)) {
    route.config = { ...route.config, access: 'public', page: 'reference' };
  }
  // Swagger's own markup has styles in it, and addresses that are right from one of these only.
  if (PAGES.has(route.url)) {
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      (request, reply, _payload, done) => {
        reply.type(HTML_TYPE);
        done(null, documents.render({ ...REFERENCE, url: request.url }));
      },
    ];
  }
}

const REFERENCE = {
  title: 'API',
  main: '<div id="swagger-ui"></div>',
  styles: [`${DOCS.slice(1)}/swagger-ui.css`],
  scripts: SWAGGER.map((name) => `${DOCS.slice(1)}/${name}`),
} as const;

/**
 * Serves `/openapi.json` and, over it, the page at `/docs`; all of it from this process, so that it works offline. The
 * document is made when it is first asked for: start-up does not wait for it.
 */
export function serveDocs(app: NestFastifyApplication): void {
  let document: OpenAPIObject | null = null;
  const theDocument = (): OpenAPIObject => (document ??= buildOpenApiDocument(app));

  app
    .getHttpAdapter()
    .getInstance()
    .get(DOCUMENT, (request, reply) => {
      void reply.type(JSON_TYPE).send(JSON.stringify({ ...theDocument(), servers: serversFor(request) }));
    });
  SwaggerModule.setup(DOCS, app, theDocument, {
    raw: false,
    customSiteTitle: 'novita-fleet API',
    // Its page may only call where it comes from.
    patchDocumentOnRequest: (request, _reply, document) => ({ ...document, servers: [hereFor(prefixOf(request))] }),
    swaggerOptions: { persistAuthorization: false, displayOperationId: true, validatorUrl: null },
  });
}

type Server = NonNullable<OpenAPIObject['servers']>[number];

/** First the whole address, as generated clients take the first one and know nothing of where the document comes from. */
function serversFor(request: FastifyRequest): readonly Server[] {
  const address = `${request.protocol}://${request.host}`;
  // What a client says of the host need not be one.
  const isAddress = URL.canParse(address) && new URL(address).origin === address.toLowerCase();
  const whole = { url: `${address}${request.prefix}`, description: 'As this document was asked for' };
  return isAddress ? [whole, hereFor(request.prefix)] : [hereFor(request.prefix)];
}

function hereFor(prefix: string): Server {
  return { url: prefix === '' ? '/' : prefix, description: 'Where this document comes from' };
}

/** @param request typed as anything by @nestjs/swagger */
function prefixOf(request: unknown): string {
  const isRequest = typeof request === 'object' && request !== null && 'prefix' in request;
  return isRequest && typeof request.prefix === 'string' ? request.prefix : '';
}
