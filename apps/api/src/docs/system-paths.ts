import { PLATFORM_PROBLEMS, type ProblemType } from '@app/platform';
import type { OpenAPIObject } from '@nestjs/swagger';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { problemExampleRef } from '../core/openapi/answers.decorator.js';
import { API_KEY_SCHEME } from '../core/openapi/operation.decorator.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ResponseDocs = NonNullable<Operation['responses'][string]>;

/** How an operation answers that fails with this problem, for those that are described by hand. */
function problemDocs(type: ProblemType): ResponseDocs {
  return {
    description: `\`${type.code}\`: ${type.title}`,
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: { [type.code]: problemExampleRef(type) },
      },
    },
  };
}

const SET_COOKIE = {
  'Set-Cookie': {
    description: 'Of this address alone, out of reach of scripts.',
    schema: { type: 'string' },
    example: 'novita_fleet_queues=ops.1772362800.…; Max-Age=3600; Path=/admin/queues; HttpOnly; SameSite=Strict',
  },
} as const;

/** How a browser gets to the board of the queues, whose page and assets are no part of the API. */
const QUEUE_SESSION_PATHS: OpenAPIObject['paths'] = {
  '/admin/queues/session': {
    post: {
      operationId: 'openQueueSession',
      summary: 'Let this browser read the queues for an hour',
      description:
        'Answers with a cookie for `/admin/queues`, where bull-board shows the queues, for reading only. The session ends after an hour, with its key, or when it is ended.\n\nNeeds a key of at least the role **admin**.',
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

const HEALTH_EXAMPLE = { status: 'ok', details: { redis: { status: 'up' } } };

const HEALTH_SCHEMA = {
  type: 'object',
  required: ['status', 'details'],
  properties: {
    status: { type: 'string', enum: ['ok', 'degraded', 'error', 'shutting_down'] },
    details: { type: 'object', additionalProperties: true },
    uptimeSeconds: { type: 'integer' },
  },
};

const TOO_MANY = problemDocs(PLATFORM_PROBLEMS['rate-limited']);

const PROBLEM_CODE = {
  name: 'code',
  in: 'path',
  required: true,
  schema: { type: 'string' },
  example: 'instance-not-found',
} as const;

function health(
  operationId: string,
  summary: string,
  description: string,
  example: object,
): OpenAPIObject['paths'][string] {
  const content = { 'application/json': { schema: HEALTH_SCHEMA, example } };
  return {
    get: {
      operationId,
      summary,
      description,
      tags: ['system'],
      security: [],
      responses: {
        200: { description: 'It serves.', content },
        429: TOO_MANY,
        503: { description: 'Something needed is away, or the process is about to end.', content },
      },
    },
  };
}

/** Routes of every process that no decorator describes. */
export const SYSTEM_PATHS: OpenAPIObject['paths'] = {
  '/health': health(
    'getHealth',
    'How the process and what it needs are',
    'For people and monitoring. `details` names each part; `degraded` still serves. Needs no key.',
    { ...HEALTH_EXAMPLE, uptimeSeconds: 42 },
  ),
  '/health/ready': health(
    'getReadiness',
    'Whether to send requests here',
    'For load balancers and readiness probes: 503 while something needed is away and once the process is about to end. Needs no key.',
    HEALTH_EXAMPLE,
  ),
  '/health/live': {
    get: {
      operationId: 'getLiveness',
      summary: 'Whether the process runs at all',
      description:
        'For liveness probes: it asks nothing else, so that an outage elsewhere restarts nothing. Needs no key.',
      tags: ['system'],
      security: [],
      responses: {
        200: {
          description: 'It runs.',
          content: {
            'application/json': {
              schema: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } },
              example: { status: 'ok' },
            },
          },
        },
        429: TOO_MANY,
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'getMetrics',
      summary: 'Metrics for Prometheus',
      description: 'Needs a key of any role, unless METRICS_PUBLIC is true.',
      tags: ['system'],
      security: [{ [API_KEY_SCHEME]: [] }],
      responses: {
        200: {
          description: 'The text format of Prometheus.',
          content: {
            'text/plain': {
              schema: { type: 'string' },
              example: '# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1772359200\n',
            },
          },
        },
        401: problemDocs(PLATFORM_PROBLEMS.unauthorized),
        429: TOO_MANY,
      },
    },
  },
  '/errors/{code}': {
    get: {
      operationId: 'getErrorMeaning',
      summary: 'What a problem code means',
      description: 'A page for browsers, JSON for everybody else.',
      tags: ['system'],
      security: [],
      parameters: [PROBLEM_CODE],
      responses: {
        200: {
          description: 'Its meaning.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['type', 'code', 'status', 'title', 'description', 'suggestion', 'retryable'],
                properties: {
                  type: { type: 'string' },
                  code: { type: 'string' },
                  status: { type: 'integer' },
                  title: { type: 'string' },
                  description: { type: 'string' },
                  suggestion: { type: 'string' },
                  retryable: { type: 'boolean' },
                },
              },
              example: {
                type: '/errors/instance-not-found',
                code: 'instance-not-found',
                status: 404,
                title: 'No such instance',
                description: 'There is no record of an instance with this id or name.',
                suggestion: 'Look it up with GET /api/v1/instances.',
                retryable: false,
              },
            },
            'text/html': { schema: { type: 'string' } },
          },
        },
        404: problemDocs(PLATFORM_PROBLEMS['route-not-found']),
        429: TOO_MANY,
      },
    },
  },
  ...QUEUE_SESSION_PATHS,
};
