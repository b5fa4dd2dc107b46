import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Module,
  NotFoundException,
  Param,
  Post,
  Put,
  Query,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nestLog as log } from '../../../test/support/nest-log.js';
import { platformSettings } from '../../../test/support/platform-settings.js';
import { PlatformLogger } from '../../logging/logging.module.js';
import { PlatformModule } from '../../platform.module.js';
import { createHttpAdapter } from '../server/platform-adapter.js';
import { PLATFORM_PROBLEMS, type PlatformProblemCode } from './platform-problems.js';
import { Problem } from './problem.js';
import { ProblemMappers } from './problem-registry.js';
import { createValidationPipe } from './validation.pipe.js';

class PortDto {
  @IsInt()
  @Max(65_535)
  port!: number;
}

class ThingDto {
  @IsString()
  name!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PortDto)
  @IsOptional()
  ports?: PortDto[];
}

class ListDto {
  @Type(() => Number)
  @IsInt()
  @IsOptional()
  limit?: number;
}

class AwayError extends Error {}

const THROWN: Readonly<Record<string, () => unknown>> = {
  problem: () =>
    new Problem(PLATFORM_PROBLEMS['request-in-flight'], {
      detail: 'still going',
      retryAfterSeconds: 1.2,
      suggestion: 'wait',
      extensions: { candidates: ['a'], status: 999, code: 'forged' },
    }),
  unknown: () => new Error('password of the database: hunter2'),
  text: () => 'hunter2',
  away: () => new AwayError('redis away'),
  unauthorized: () => new UnauthorizedException(),
  forbidden: () => new ForbiddenException('operators only'),
  missing: () => new NotFoundException(),
  bad: () => new BadRequestException('not\na number'),
  teapot: () => new HttpException('short and stout', 418),
  busy: () => new HttpException('Too many', 429),
  unavailable: () => new ServiceUnavailableException('secret host 10.0.0.5'),
  gateway: () => new HttpException('secret host 10.0.0.5', 502),
};

@Controller('things')
class ThingController {
  @Get('throw/:what')
  fail(@Param('what') what: string): never {
    throw THROWN[what]?.();
  }

  @Post()
  create(@Body() body: ThingDto): ThingDto {
    return body;
  }

  @Get()
  list(@Query() query: ListDto): ListDto {
    return query;
  }

  @Put(':id/use')
  use(): string {
    return 'used';
  }
}

@Module({
  imports: [
    PlatformModule.forRoot({
      processName: 'test',
      settings: platformSettings({ NODE_ENV: 'test', LOG_LEVEL: 'debug' }),
      logDestination: log,
    }),
  ],
  controllers: [ThingController],
})
class TestModule {}

/** The problem in an answer, after a look at whether it is a whole one and fits its declared type. */
function problemIn(answer: Awaited<ReturnType<NestFastifyApplication['inject']>>): Record<string, unknown> {
  const body = answer.json<Record<string, unknown>>();
  const type = PLATFORM_PROBLEMS[body['code'] as PlatformProblemCode];
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.statusCode).toBe(type.status);
  expect(body).toMatchObject({
    type: `/errors/${type.code}`,
    title: type.title,
    status: type.status,
    code: type.code,
    retryable: type.retryable,
    instance: `urn:request:${String(body['requestId'])}`,
    requestId: answer.headers['x-request-id'],
  });
  for (const member of ['detail', 'suggestion', 'requestId']) expect(body[member]).toMatch(/./);
  return body;
}

describe('ProblemFilter', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(TestModule, createHttpAdapter(), { logger: false });
    app.useLogger(app.get(PlatformLogger));
    app.useGlobalPipes(createValidationPipe());
    app.get(ProblemMappers).register((error) =>
      error instanceof AwayError
        ? new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
            detail: 'away',
            retryAfterSeconds: 5,
            cause: error,
          })
        : null,
    );
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());
  beforeEach(() => log.clear());

  it('answers a problem that was thrown on purpose, with its own members but not over the standard ones', async () => {
    const answer = await app.inject({ url: '/things/throw/problem', headers: { 'x-request-id': 'mine-1' } });
    const body = problemIn(answer);
    expect(body['code']).toBe('request-in-flight');
    expect(body).toMatchObject({ detail: 'still going', suggestion: 'wait', candidates: ['a'], requestId: 'mine-1' });
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['missing', 'route-not-found'],
    ['forbidden', 'forbidden'],
    ['bad', 'bad-request'],
    ['teapot', 'bad-request'],
    ['busy', 'rate-limited'],
  ] as const)('answers the exception of Nest "%s" as %s', async (what, code) => {
    expect(problemIn(await app.inject({ url: `/things/throw/${what}` }))['code']).toBe(code);
  });

  it('asks for a bearer key at 401', async () => {
    const answer = await app.inject({ url: '/things/throw/unauthorized' });
    expect(problemIn(answer)['code']).toBe('unauthorized');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each(['unknown', 'text', 'gateway'])('reveals nothing of an error of its own (%s), and logs it', async (what) => {
    const answer = await app.inject({ url: `/things/throw/${what}` });
    expect(problemIn(answer)['code']).toBe('internal-error');
    expect(answer.body).not.toMatch(/hunter2|10\.0\.0\.5/);
    const [record] = log.records().filter(({ level, msg }) => level === 'error' && msg === 'a request failed');
    expect(record).toMatchObject({ requestId: answer.headers['x-request-id'], code: 'internal-error' });
    expect(record?.['err']).toHaveProperty('message');
  });

  it('logs the stack of an unknown error', async () => {
    await app.inject({ url: '/things/throw/unknown' });
    expect(JSON.stringify(log.records())).toContain('problem.filter.spec');
  });

  it.each(['away', 'unavailable'])('says when to come again while something is away (%s)', async (what) => {
    const answer = await app.inject({ url: `/things/throw/${what}` });
    expect(problemIn(answer)['code']).toBe('dependency-unavailable');
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body).not.toContain('10.0.0.5');
  });

  it.each([
    ['broken JSON', { payload: '{"name":' }, 'malformed-json'],
    ['an empty body', { payload: '' }, 'malformed-json'],
    ['a forbidden member', { payload: '{"__proto__":{"a":1}}' }, 'malformed-json'],
    ['2 MB', { payload: JSON.stringify({ name: 'x'.repeat(2_000_000) }) }, 'body-too-large'],
    ['XML', { payload: '<a/>', headers: { 'content-type': 'application/xml' } }, 'unsupported-media-type'],
    ['a false length', { payload: '{}', headers: { 'content-length': '1' } }, 'bad-request'],
    ['a list', { payload: '[]' }, 'validation-failed'],
    ['null', { payload: 'null' }, 'validation-failed'],
    ['a text', { payload: '"x"' }, 'validation-failed'],
  ] as const)('refuses %s as a body', async (_what, { payload, ...rest }, code) => {
    const headers = { 'content-type': 'application/json', ...('headers' in rest ? rest.headers : {}) };
    expect(problemIn(await app.inject({ method: 'POST', url: '/things', payload, headers }))['code']).toBe(code);
  });

  it.each(['/nowhere', '/things/1/nowhere', '/things/%2e'])('knows no route %s', async (url) => {
    const body = problemIn(await app.inject({ url }));
    expect(body['code']).toBe('route-not-found');
    expect(JSON.stringify(body)).not.toContain(url);
  });

  it('names the address that is spelled most like an unknown one', async () => {
    expect(problemIn(await app.inject({ url: '/things/7/usee' }))).toMatchObject({
      nearest: ['/things/{id}/use'],
      suggestion: 'Did you mean /things/{id}/use? All addresses are in the API document at /openapi.json.',
    });
  });

  it('distinguishes a wrong method from a wrong address', async () => {
    const answer = await app.inject({ method: 'DELETE', url: '/things?x=1' });
    expect(problemIn(answer)).toMatchObject({ code: 'method-not-allowed', allow: ['GET', 'HEAD', 'POST'] });
    expect(answer.headers['allow']).toBe('GET, HEAD, POST');
    expect(problemIn(await app.inject({ method: 'POST', url: '/things/7/use' }))['code']).toBe('method-not-allowed');
  });

  it('answers an address that is not rightly encoded, which no hook ever sees', async () => {
    expect(problemIn(await app.inject({ url: '/things/%zz' }))['code']).toBe('bad-request');
  });

  it('answers an over-long part of the path', async () => {
    expect(problemIn(await app.inject({ url: `/things/throw/${'x'.repeat(600)}` }))['code']).toBe('route-not-found');
  });

  it('names every violation of a body by its place, and repeats no value', async () => {
    const payload = {
      name: 4711.5,
      ports: [{ port: 80 }, { port: 700_123_456, 'a/b~c': 'hunter2' }],
      colour: 'hunter2',
    };
    const answer = await app.inject({ method: 'POST', url: '/things', payload });
    const body = problemIn(answer);
    expect(body['code']).toBe('validation-failed');
    expect(body['errors']).toEqual(
      expect.arrayContaining([
        { pointer: '/name', detail: 'must be a string' },
        { pointer: '/ports/1/port', detail: 'must not be greater than 65535' },
        { pointer: '/ports/1/a~1b~0c', detail: 'is not a known member' },
        { pointer: '/colour', detail: 'is not a known member' },
      ]),
    );
    expect(body['errors']).toHaveLength(4);
    expect(answer.body).not.toMatch(/hunter2|4711\.5|700123456/);
  });

  it('names a query parameter with a question mark', async () => {
    const body = problemIn(await app.inject({ url: '/things?limit=ten&colour=red' }));
    expect(body['code']).toBe('validation-failed');
    expect(body['errors']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ pointer: '?limit' }),
        { pointer: '?colour', detail: 'is not a known member' },
      ]),
    );
  });

  it('answers with a bounded number of violations', async () => {
    const payload = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`unknown${index}`, 1]));
    const body = problemIn(await app.inject({ method: 'POST', url: '/things', payload }));
    expect(body['code']).toBe('validation-failed');
    expect(body['errors']).toHaveLength(50);
  });

  it('lets what is right pass, as the class', async () => {
    const payload = { name: 'a', ports: [{ port: 80 }] };
    expect((await app.inject({ method: 'POST', url: '/things', payload })).json()).toEqual(payload);
    expect((await app.inject({ url: '/things?limit=5' })).json()).toEqual({ limit: 5 });
  });
});
