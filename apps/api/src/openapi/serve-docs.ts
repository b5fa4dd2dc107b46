import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { RouteOptions } from 'fastify';
import { JSON_TYPE } from '../http/content-types.js';
import { buildOpenApiDocument } from './openapi-document.js';

const DOCS = '/docs';
const DOCUMENT = '/openapi.json';

/** Makes the routes of the documentation public, and gives its page the policy that it works under. */
export function describeDocsRoute(route: RouteOptions): void {
  if (route.url === DOCUMENT) route.config = { ...route.config, access: 'public' };
  if (route.url === DOCS || route.url.startsWith(`${DOCS}/`)) {
    route.config = { ...route.config, access: 'public', page: 'document' };
  }
}

/**
 * Serves `/openapi.json` and, over it, the page at `/docs`; all of it from this process, so that it works offline. The
 * document is made when it is first asked for: start-up does not wait for it.
 */
export function serveDocs(app: NestFastifyApplication): void {
  let document: OpenAPIObject | null = null;
  let text: string | null = null;
  const theDocument = (): OpenAPIObject => (document ??= buildOpenApiDocument(app));

  app
    .getHttpAdapter()
    .getInstance()
    .get(DOCUMENT, (_request, reply) => {
      text ??= JSON.stringify(theDocument());
      void reply.type(JSON_TYPE).send(text);
    });
  SwaggerModule.setup(DOCS, app, theDocument, {
    raw: false,
    customSiteTitle: 'novita-fleet API',
    swaggerOptions: { persistAuthorization: false, displayOperationId: true, validatorUrl: null },
  });
}
