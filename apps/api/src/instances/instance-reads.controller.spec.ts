import type { NovitaInstanceId } from '@app/instance-store';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('reading', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });

  it('answers one instance', async () => {
    const { record } = api.store.put(anInstance({ novitaInstanceId: '5f2c8d1e9a7b4c30' as NovitaInstanceId }));
    const answer = await api.send({ url: `/api/v1/instances/${record.id}` });
    console.log(answer);
    expect(answer.status).toBe(200);
  });
});
