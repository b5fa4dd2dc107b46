import { type DynamicModule, type Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { TestApi } from '../test/support/test-api.js';

const CONTROLLERS = 'controllers';
/** Ours and the provider's. */
const IDS = ['ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE', '5f2c8d1e9a7b4c30'];

interface Route {
  readonly method: string;
  readonly url: string;
}

/** Has the server answer with the route that a request reaches, instead of going on with it. */
function recordingRoutes(routes: Route[]): (server: FastifyInstance) => void {
  return (server) => {
    server.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, url });
    });
    server.addHook('onRequest', (request, reply) => {
      void reply.header('x-route', String(request.routeOptions.url)).send('');
    });
  };
}

/** The features the other way round, and so the controllers of each. @returns puts the controllers back */
function reverse(module: DynamicModule): { readonly module: DynamicModule; readonly restore: () => void } {
  const imports = module.imports ?? [];
  const features = imports.filter(
    (one): one is Type => typeof one === 'function' && Reflect.hasMetadata(CONTROLLERS, one),
  );
  const flip = (): void => {
    for (const feature of features) {
      const controllers = Reflect.getMetadata(CONTROLLERS, feature) as readonly Type[];
      Reflect.defineMetadata(CONTROLLERS, controllers.toReversed(), feature);
    }
  };
  flip();
  return { module: { ...module, imports: imports.toReversed() }, restore: flip };
}

describe.each([false, true])('the order of modules and controllers, reversed: %s', (isReversed) => {
  async function withApi(
    prepare: (server: FastifyInstance) => void,
    use: (api: TestApi) => Promise<void>,
  ): Promise<void> {
    let restore = (): void => undefined;
    const arrange = (module: DynamicModule): DynamicModule => {
      if (!isReversed) return module;
      const reversed = reverse(module);
      restore = reversed.restore;
      return reversed.module;
    };
    try {
      const api = await TestApi.start({}, { prepare, arrange });
      try {
        await use(api);
      } finally {
        await api.stop();
      }
    } finally {
      restore();
    }
  }

  it('leaves every route to its own handler, by either id', async () => {
    const routes: Route[] = [];
    await withApi(recordingRoutes(routes), async (api) => {
      expect(routes.length).toBeGreaterThan(80);
      for (const { method, url } of routes) {
        for (const id of IDS) {
          const path = url.replaceAll(/:\w+/g, id).replace('*', 'x');
          const { headers } = await api.app.inject({ method: method as 'GET', url: path });
          expect([method, path, headers['x-route']]).toEqual([method, path, url]);
        }
      }
    });
  });

  it('takes the name of another route for an id where the method differs, and knows no such instance', async () => {
    await withApi(
      () => undefined,
      async (api) => {
        for (const path of ['sync', 'stop-all', 'auto-stop', 'ins_unknown', 'not%20an%20id']) {
          const answer = await api.send({ url: `/api/v1/instances/${path}` });
          expect([path, answer.status, answer.json['code']]).toEqual([path, 404, 'instance-not-found']);
        }
        const comprehensive = await api.send({ url: '/api/v1/instances/comprehensive' });
        expect(comprehensive.json['success']).toBe(true);
      },
    );
  });
});
