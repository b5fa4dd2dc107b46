import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly schema?: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, Media>>; readonly headers?: Readonly<Record<string, object>> }
    >
  >;
}

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: object;
}

/** Every object in a document with its path, but not what stands in examples. */
function nodesOf(node: unknown, path = ''): readonly (readonly [string, object])[] {
  if (typeof node !== 'object' || node === null) return [];
  const within = Object.entries(node)
    .filter(([key]) => path.endsWith('/properties') || (key !== 'example' && key !== 'examples'))
    .flatMap(([key, value]) => nodesOf(value, `${path}/${key}`));
  return [[path, node], ...within];
}

describe('the OpenAPI document', () => {
  let api: TestApi;
  let document: OpenAPIObject;
  let operations: readonly (readonly [string, Operation])[];

  beforeAll(async () => {
    api = await TestApi.start();
    document = (await api.send({ url: '/openapi.json', as: null })).json as unknown as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(
        ([method, operation]) => [`${method} ${path}`, operation as unknown as Operation] as const,
      ),
    );
  });
  afterAll(async () => {
    await api.stop();
  });

  it('is of version 3.1 and shows the canonical paths only', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(
      Object.keys(document.paths).filter((path) => path.startsWith('/api/') && !path.startsWith('/api/v1/')),
    ).toEqual([]);
  });

  it('names every operation once, as clients will call it', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
    expect(ids).toEqual(
      expect.arrayContaining([
        'createInstance',
        'listInstances',
        'getInstance',
        'stopInstance',
        'stopInstanceByName',
        'stopAllInstances',
        'reportInstanceUse',
        'leaseInstance',
        'endInstanceLease',
        'explainIdle',
        'listInstanceEvents',
        'getAutoStopStats',
        'triggerAutoStop',
        'getSpend',
        'getDashboard',
        'getMe',
      ]),
    );
  });

  it('has an example for every body and every answer', () => {
    for (const [name, { requestBody, responses, tags }] of operations) {
      expect([name, tags.length]).toEqual([name, 1]);
      const media = [requestBody, ...Object.values(responses)].flatMap((part) => Object.entries(part?.content ?? {}));
      for (const [type, { example, examples }] of media) {
        if (type === 'text/html') continue;
        expect([name, type, example ?? examples]).not.toEqual([name, type, undefined]);
      }
    }
  });

  it('describes defaults in words, for generators take a member with one for compulsory', () => {
    const withDefault = nodesOf(document).filter(
      ([path, node]) => !path.endsWith('/properties') && 'default' in node && typeof node.default !== 'object',
    );
    expect(withDefault.map(([path]) => path)).toEqual([]);
    const schemas = JSON.stringify(document.components?.schemas?.['CreateInstanceInput']);
    expect(schemas).toContain('"description":"Default: 1."');
  });

  it('lets generators name each value of an enum, which they do by its letters, and each choice within a list', () => {
    for (const [path, node] of nodesOf(document)) {
      const { enum: values, 'x-enum-varnames': names } = node as Readonly<
        Record<string, readonly string[] | undefined>
      >;
      if (Array.isArray(values)) {
        const unique = new Set((names ?? values).map((value) => String(value).replace(/[^A-Za-z0-9]/g, '')));
        expect([path, unique.size]).toEqual([path, values.length]);
      }
      if (path.endsWith('/items')) expect([path, 'oneOf' in node]).toEqual([path, false]);
    }
    expect(JSON.stringify(document.paths['/api/v1/instances']?.get?.parameters)).toContain('"createdAtDescending"');
    const schema = document.components?.schemas?.['ActivityEvent'];
    const oneOf = schema !== undefined && 'oneOf' in schema ? schema.oneOf : [];
    expect(oneOf).toHaveLength(5);
  });

  it('has the examples of parameters where generators look for them', () => {
    for (const [name, { parameters = [] }] of operations) {
      for (const { schema = {} } of parameters) expect([name, 'example' in schema]).toEqual([name, false]);
    }
    expect(document.paths['/api/v1/instances/{id}']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'id', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' }),
    );
  });

  it('counts in whole numbers, and has parts of dollars, minutes and shares only', () => {
    const fractional = nodesOf(document).filter(
      ([, node]) => 'type' in node && [node.type].flat().some((type) => type === 'number'),
    );
    const names = new Set(fractional.map(([path]) => /(\w+)(?:\/additionalProperties)?$/.exec(path)?.[1] ?? path));
    const isDollars = (name: string): boolean => /\/by(?:Status|Region|Product)\//.test(name);
    expect([...names].filter((name) => /count|total|gpuNum|revision|port|seconds|duration/i.test(name))).toEqual([]);
    expect(names.size).toBeGreaterThan(10);
    expect(fractional.map(([path]) => path).filter(isDollars).length).toBeGreaterThan(2);
  });

  it('shows examples that its own schemas allow', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema({ $id: 'document', components: document.components });
    // Most bodies share a few schemas, and compiling takes far longer than comparing.
    const compiled = new Map<string, ValidateFunction>();
    const validatorOf = (schema: object): ValidateFunction => {
      const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
      const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
      compiled.set(text, validate);
      return validate;
    };
    const wrong = operations.flatMap(([name, { requestBody, responses }]) =>
      [requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.values(part?.content ?? {}).flatMap(({ schema, example }) => {
          if (example === undefined || 'contentSchema' in schema) return [];
          const validate = validatorOf(schema);
          return validate(example) ? [] : [[name, ajv.errorsText(validate.errors)]];
        }),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('declares each tag that it uses, and describes every operation', () => {
    const used = new Set(operations.flatMap(([, { tags }]) => tags));
    expect([...used].sort()).toEqual((document.tags ?? []).map(({ name }) => name).sort());
    for (const [name, { description = '' }] of operations) expect([name, description]).not.toEqual([name, '']);
  });

  it('shows failures as problems', () => {
    for (const [name, { responses }] of operations) {
      const failures = Object.entries(responses).filter(([status]) => status.startsWith('4'));
      expect([name, failures.length > 0]).toEqual([name, true]);
      for (const [status, { content }] of failures) {
        expect([name, status, Object.keys(content ?? {})]).toEqual([name, status, ['application/problem+json']]);
      }
    }
  });

  it('answers 304 wherever a read has an ETag', () => {
    const tagged = operations.filter(
      ([name, { responses }]) => name.startsWith('get ') && responses['200']?.headers?.['ETag'],
    );
    expect(tagged.length).toBeGreaterThan(3);
    for (const [name, { parameters = [], responses }] of tagged) {
      const asks = parameters.some((parameter) => parameter.name === 'If-None-Match');
      expect([name, asks, '304' in responses]).toEqual([name, true, true]);
    }
  });

  it('shows the stream of events with what each carries', () => {
    const [, follow] = operations.find(([, { operationId }]) => operationId === 'followSync') ?? [];
    const stream = follow?.responses['200']?.content?.['text/event-stream'];
    expect(stream).toMatchObject({
      schema: { type: 'string', contentSchema: { $ref: '#/components/schemas/SyncEvent' } },
      example: expect.stringContaining('event: sync.progress\ndata: {"type":"sync.progress"') as string,
    });
    expect(document.components?.schemas).toHaveProperty('SyncEvent');
  });

  it('describes the headers of the sync, on every answer', () => {
    const refs = Object.keys(document.components?.headers ?? {}).filter((name) => name.startsWith('X-Sync-'));
    expect(refs).toHaveLength(7);
    const all = JSON.stringify(document.paths['/api/v1/instances']);
    for (const name of refs) expect(all).toContain(`#/components/headers/${name}`);
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(document);
    const refs = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    const components = document.components as Record<string, Record<string, unknown>>;
    const known = Object.entries(components).flatMap(([kind, of]) => Object.keys(of).map((name) => `${kind}/${name}`));
    expect([...refs].filter((ref) => !known.includes(ref))).toEqual([]);
  });
});
