import { loadSettings } from '@app/settings';
import { expect, it } from 'vitest';
import { createWorker } from './create-worker.js';

it('does not start without Redis, and says what to run instead', async () => {
  const settings = loadSettings({ NODE_ENV: 'test' });
  const start = createWorker({ processName: 'worker', settings, keys: [], workers: [] });
  await expect(start).rejects.toMatchObject({ name: 'RedisNeededError' });
  await expect(start).rejects.toThrow(/REDIS_URL.*npm start/s);
});
