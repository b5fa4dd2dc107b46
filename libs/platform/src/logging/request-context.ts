import { AsyncLocalStorage } from 'node:async_hooks';

/** The id of the request or job that the running code works for; log records carry it as `requestId`. */
export const requestContext = new AsyncLocalStorage<string>();
