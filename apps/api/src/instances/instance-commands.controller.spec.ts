import { lifecycleProblems } from '@app/lifecycle';
import { Problem } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING_COSTS, NOTHING_ENDS } from '../../test/support/command-fakes.js';
import { TestApi } from '../../test/support/test-api.js';

describe('commands', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.commands.failure = null;
    api.commands.outcome = 'accepted';
    api.commands.calls.length = 0;
  });

  it.each(['start', 'stop', 'restart'])('%s by id', async (command) => {
    const { record } = api.commands.stored;
    const answer = await api.send({ method: 'POST', url: `/api/instances/${record.id}/${command}` });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({
      id: record.id,
      instanceId: record.id,
      message: expect.stringMatching(/accepted/) as string,
    });
    expect(api.commands.calls[0]).toMatchObject({ command, target: record.id, caller: 'the-operator' });
    api.commands.outcome = 'already';
    expect((await api.send({ method: 'POST', url: `/api/v1/instances/${record.id}/${command}` })).status).toBe(200);
  });

  it.each(['start', 'stop', 'delete'])('%s by name', async (command) => {
    const answer = await api.send({
      method: 'POST',
      url: `/api/v1/instances/${command}`,
      body: { instanceName: 'llama' },
    });
    expect(answer.status).toBe(202);
    expect(api.commands.calls).toEqual([{ command: `${command}-by-name`, target: 'llama', caller: 'the-operator' }]);
  });

  it('has no restart by name, and nothing of later releases', async () => {
    for (const path of ['restart', 'migration/unknown']) {
      const answer = await api.send({
        method: 'POST',
        url: `/api/v1/instances/${path}`,
        body: { instanceName: 'llama' },
      });
      expect([404, 405]).toContain(answer.status);
    }
    expect(api.commands.calls).toEqual([]);
  });

  it('takes an empty JSON body for none', async () => {
    const answer = await api.send({ method: 'POST', url: '/api/v1/instances/x1/stop', body: '' });
    expect(answer.status).toBe(202);
  });

  it('refuses a command that contradicts one under way, with its state', async () => {
    api.commands.failure = new Problem(lifecycleProblems['instance-busy'], {
      detail: 'It is being deleted.',
      extensions: { instanceStatus: 'deleting' },
    });
    const answer = await api.send({ method: 'POST', url: '/api/v1/instances/x1/start' });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ code: 'instance-busy', instanceStatus: 'deleting', retryable: true });
  });

  it('refuses to guess among instances of one name', async () => {
    const candidates = [{ id: 'ins_1' }, { id: 'ins_2' }];
    api.commands.failure = new Problem(lifecycleProblems['name-not-unique'], {
      detail: 'Two.',
      extensions: { candidates },
    });
    const answer = await api.send({ method: 'POST', url: '/api/v1/instances/stop', body: { instanceName: 'twin' } });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ code: 'name-not-unique', candidates });
  });

  it.each([{}, { instanceName: 'a b' }, { instanceName: 5 }, { instanceName: 'x'.repeat(201) }])(
    'refuses the name in %j',
    async (body) => {
      const answer = await api.send({ method: 'POST', url: '/api/v1/instances/stop', body });
      expect(answer.status).toBe(400);
      expect(answer.json['errors']).toMatchObject([{ pointer: '/instanceName' }]);
    },
  );

  describe('stop-all', () => {
    const { id, name } = anInstance({ name: 'a' });
    const item = { id, name, status: 'ready', usdPerHour: 0.35 } as const;
    const shown = { instanceId: id, name, status: 'ready', pricePerHour: 0.35 };

    beforeEach(() => {
      api.sync.set({ instancesAsOf: api.clock.timestamp() });
    });

    it('claims nothing of what else runs while no listing of Novita has completed', async () => {
      api.sync.clear();
      const answer = await api.send({ method: 'POST', url: '/api/v1/instances/stop-all', body: { dryRun: true } });
      expect(answer.json).toMatchObject({
        message: expect.stringContaining('what else runs at Novita is not known') as string,
        data: { stillCosting: null, unknown: { code: 'first-listing-under-way' } },
      });
    });

    it.each(['stop-all?dryRun=true', 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE/stop?dryRun=true', 'auto-stop/trigger?dryRun=1'])(
      'refuses %s: what a query asks for would be passed over',
      async (path) => {
        const answer = await api.send({ method: 'POST', url: `/api/v1/instances/${path}` });
        expect(answer.status).toBe(400);
        expect(answer.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '?dryRun' }] });
        expect(api.commands.calls).toEqual([]);
      },
    );

    it('reports what it would stop', async () => {
      api.commands.stopAllOutcome = {
        dryRun: true,
        stopping: [item],
        skipped: [{ ...item, usdPerHour: null, reason: 'made elsewhere' }],
        failed: [],
        ending: { usdPerHour: 0.35, instances: 1, unpriced: 0 },
        stillCosting: {
          ...NOTHING_COSTS,
          usdPerHour: 0.1 + 0.2,
          instances: 1,
          byReason: { ...NOTHING_COSTS.byReason, madeElsewhere: { usdPerHour: 0.1 + 0.2, instances: 1 } },
        },
      };
      const answer = await api.send({ method: 'POST', url: '/api/instances/stop-all', body: { dryRun: true } });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({
        success: true,
        message: 'Dry run: 1 instance would be stopped; still costing: 1 instance',
        data: {
          dryRun: true,
          stopping: [shown],
          skipped: [{ instanceId: id, name, status: 'ready', reason: 'made elsewhere' }],
          failed: [],
          ending: { usdPerHour: 0.35, instances: 1, unpriced: 0 },
          stillCosting: {
            ...NOTHING_COSTS,
            usdPerHour: 0.3,
            instances: 1,
            byReason: { ...NOTHING_COSTS.byReason, madeElsewhere: { usdPerHour: 0.3, instances: 1 } },
          },
        },
      });
      expect(api.commands.calls).toMatchObject([{ command: 'stop-all', options: { dryRun: true } }]);
    });

    it('stops without a body, and says what failed', async () => {
      api.commands.stopAllOutcome = {
        dryRun: false,
        stopping: [item, item],
        skipped: [],
        failed: [{ ...item, reason: 'contended' }],
        ending: NOTHING_ENDS,
        stillCosting: NOTHING_COSTS,
      };
      const answer = await api.send({ method: 'POST', url: '/api/v1/instances/stop-all' });
      expect(answer.status).toBe(202);
      expect(answer.json).toMatchObject({
        success: false,
        message: 'Stopping 2 instances; 1 instance could not be stopped',
      });
      expect(api.commands.calls).toMatchObject([{ options: { dryRun: false } }]);
    });

    it('has nothing to do for an empty fleet', async () => {
      api.commands.stopAllOutcome = {
        dryRun: false,
        stopping: [],
        skipped: [],
        failed: [],
        ending: NOTHING_ENDS,
        stillCosting: NOTHING_COSTS,
      };
      const answer = await api.send({ method: 'POST', url: '/api/v1/instances/stop-all', body: {} });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ success: true, message: 'No instance to stop' });
    });

    it.each([{ dryRun: 'true' }, { dryrun: true }])('refuses %j rather than stop everything', async (body) => {
      const answer = await api.send({ method: 'POST', url: '/api/v1/instances/stop-all', body });
      expect(answer.status).toBe(400);
      expect(api.commands.calls).toEqual([]);
    });
  });
});
