import { PLATFORM_PROBLEMS } from '@app/platform';
import type { OpenAPIObject } from '@nestjs/swagger';
import { API_PROBLEMS } from '../problems/api.problems.js';
import { problemDocs } from './problem-docs.js';
import { API_KEY_SCHEME } from './security-scheme.js';

const SET_COOKIE = {
  'Set-Cookie': {
    description: 'Of this address alone, out of reach of scripts.',
    schema: { type: 'string' },
    example: 'novita_fleet_queues=ops.1772362800.…; Max-Age=3600; Path=/admin/queues; HttpOnly; SameSite=Strict',
  },
} as const;

/** How a browser gets to the board of the queues, whose page and assets are no part of the API. */
export const QUEUE_SESSION_PATHS: OpenAPIObject['paths'] = {
  '/admin/queues/session': {
    post: {
      operationId: 'openQueueSession',
      summary: 'Let this browser look at the queues for an hour',
      description:
        'Answers with a cookie for `/admin/queues`, where bull-board shows the queues, to be looked at only. The session ends after an hour, with its key, or when it is ended.\n\nNeeds a key of at least the role **admin**.',
      tags: ['system'],
      security: [{ [API_KEY_SCHEME]: [] }],
      responses: {
        204: { description: 'The session is open.', headers: SET_COOKIE },
        401: problemDocs(PLATFORM_PROBLEMS.unauthorized),
        403: problemDocs(PLATFORM_PROBLEMS.forbidden),
        404: problemDocs(API_PROBLEMS['no-queues']),
        429: problemDocs(PLATFORM_PROBLEMS['rate-limited']),
      },
    },
    delete: {
      operationId: 'endQueueSession',
      summary: 'Make this browser forget its session',
      description: 'Needs no key.',
      tags: ['system'],
      security: [],
      responses: {
        204: { description: 'The browser has no session any more.', headers: SET_COOKIE },
        429: problemDocs(PLATFORM_PROBLEMS['rate-limited']),
      },
    },
  },
};
