import { type Client, createClient, createConfig } from './src/client/index.js';

export type { Client } from './src/client/index.js';
export { createClient, createConfig } from './src/client/index.js';
export * from './src/index.js';

export interface FleetOptions {
  /** Such as `https://fleet.example.com`, with the path that the fleet is served below. */
  readonly url: string;
  /** An API key, or the token of one instance. */
  readonly key: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** A client of one fleet, to be handed to each call: `listInstances({ client, query: { show: 'idle' } })`. */
export function novitaFleet({ url, key, fetch: own }: FleetOptions): Client {
  return createClient(
    createConfig({ baseUrl: url.replace(/\/+$/, ''), auth: key, ...(own !== undefined && { fetch: own }) }),
  );
}
