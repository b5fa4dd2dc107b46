import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Api, ApiEnding } from './api.js';
import { BodyTooLargeError, readBody, sendJson, sendText } from './messages.js';

/** The API over HTTP. */
export class ApiServer {
  constructor(private readonly api: Api) {}

  async handle(request: IncomingMessage, response: ServerResponse, path: string, search: string): Promise<void> {
    response.setHeader('x-novita-sandbox', 'true');
    const { method = '' } = request;
    try {
      const hasBody = method === 'POST' && this.api.operationOf(method, path) !== null;
      const body = hasBody ? await readBody(request) : '';
      const authorization = request.headers.authorization ?? null;
      send(response, await this.api.answer({ method, path, query: new URLSearchParams(search), body, authorization }));
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) throw error;
      sendText(response, 413, error.message);
    }
  }
}

function send(response: ServerResponse, ending: ApiEnding): void {
  switch (ending.kind) {
    case 'answer': {
      const { status, type, body, retryAfterSeconds } = ending;
      if (type === 'application/json') sendJson(response, status, body, retryAfterSeconds);
      else sendText(response, status, body, type);
      return;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'silence':
      return;
  }
}
