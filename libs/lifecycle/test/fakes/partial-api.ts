import { NovitaApi } from '@app/novita-client';

/** The provider's API with only these calls; any other one fails the test that makes it. */
export function partialApi(calls: Partial<NovitaApi>): NovitaApi {
  return new Proxy(calls, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') throw new Error(`the test does not expect a call of ${String(name)}`);
      return call.bind(target) as unknown;
    },
  }) as NovitaApi;
}
