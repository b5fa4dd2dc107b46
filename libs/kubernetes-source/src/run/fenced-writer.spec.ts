import { MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { aResource } from '../../test/support/objects.js';
import { MemoryResourceStore } from '../store/memory-resource-store.js';
import { KUBERNETES_LOCK, type ResourceBatch, WritesLostError } from '../store/resource-store.js';
import { FencedWriter } from './fenced-writer.js';

Logger.overrideLogger(false);

const batchOf = (name: string): ResourceBatch => ({
  kind: 'Pod',
  operations: [{ type: 'put', resource: aResource({ name }) }],
  isSilent: false,
});

async function ground() {
  const clock = new FakeClock();
  const locks = new MemoryLockKeeper(clock);
  const store = new MemoryResourceStore(clock, locks);
  const answer = await locks.acquire(KUBERNETES_LOCK, { owner: 't', purpose: 't', ttlMs: 60_000 });
  const hold = answer.acquired ? answer.hold : expect.unreachable();
  const writer = new FencedWriter(store, { hold, signal: new AbortController().signal, onLost: expect.unreachable });
  return { store, writer };
}

it('proves with each write the one before, however many are asked for at once', async () => {
  const { store, writer } = await ground();
  const write = vi.spyOn(store, 'write');
  await Promise.all(['a', 'b', 'c'].map((name) => writer.write(batchOf(name))));
  await writer.publish({});
  await writer.write(batchOf('d'));
  expect(write.mock.calls.map(([{ latestWrite }]) => latestWrite)).toEqual([0, 1, 2, 4]);
});

it('notices the loss of a write that was stored before it began', async () => {
  const { store, writer } = await ground();
  writer.begin((await store.head()).latestWrite + 1);
  await expect(writer.write(batchOf('a'))).rejects.toThrow(WritesLostError);
  await expect(writer.publish({})).rejects.toThrow(WritesLostError);
});
