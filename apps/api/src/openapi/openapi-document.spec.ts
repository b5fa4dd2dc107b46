import { writeFileSync } from 'node:fs';
import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('the OpenAPI document', () => {
  let api: TestApi;
  let document: OpenAPIObject;

  beforeAll(async () => {
    api = await TestApi.start();
    document = (await api.send({ url: '/openapi.json', as: null })).json as unknown as OpenAPIObject;
  });
  afterAll(async () => {
    await api.stop();
  });

  it('tells', () => {
    writeFileSync('/tmp/openapi.json', JSON.stringify(document, null, 2));
    expect(document.openapi).toBe('3.1.0');
  });
});
