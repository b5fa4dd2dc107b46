import { describe, expect, it } from 'vitest';
import { Crash, expectOneLiveAtMost, World } from '../../test/fakes/world.js';
import type { RunCommand } from '../commands/instance-commands.js';

/** Runs a whole life; `crashAt` ends the worker at that effect, counted from 1, each call being two: before and after. */
async function live(
  commands: readonly RunCommand[],
  crashAt: number | null,
): Promise<{ world: World; effects: string[] }> {
  const world = new World();
  const effects: string[] = [];
  world.atEffect = (effect) => {
    effects.push(effect);
    expectOneLiveAtMost(world);
    if (effects.length === crashAt) throw new Crash(effect);
  };
  await world.run();
  for (const command of commands) {
    world.command(command);
    await world.run();
  }
  return { world, effects };
}

/** The same with the last command given while the create is still under way. */
async function interrupted(command: RunCommand, crashAt: number | null): Promise<{ world: World; effects: string[] }> {
  const world = new World();
  const effects: string[] = [];
  world.atEffect = (effect) => {
    effects.push(effect);
    if (effects.length === crashAt) throw new Crash(effect);
  };
  await world.run(({ record }) => record.attempts.creates > 0);
  world.command(command);
  await world.run();
  return { world, effects };
}

describe('a worker that dies at any point and is followed by another', () => {
  it('ends a create with one instance and a ready record', async () => {
    const { effects } = await live([], null);
    expect(effects).toContain('after novita.create');
    for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
      const { world } = await live([], crashAt);
      expect(world.record.status, effects[crashAt - 1]).toBe('ready');
      expect(
        world.novita.all.map(({ id }) => id),
        effects[crashAt - 1],
      ).toEqual([world.novitaId]);
      expect(world.novita.statusOf(world.novitaId)).toBe('running');
    }
  });

  it.each([
    { commands: ['stop'], status: 'stopped', word: 'exited' },
    { commands: ['stop', 'start'], status: 'ready', word: 'running' },
    { commands: ['restart'], status: 'ready', word: 'running' },
    { commands: ['stop', 'delete'], status: 'terminated', word: 'removed' },
  ] satisfies { commands: RunCommand[]; status: string; word: string }[])(
    'ends $commands in $status, and Novita agrees',
    async ({ commands, status, word }) => {
      const { effects } = await live(commands, null);
      for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
        const { world } = await live(commands, crashAt);
        expect(world.record.status, effects[crashAt - 1]).toBe(status);
        expect(world.novita.all.map(({ id, status: said }) => [id, said])).toEqual([[world.novitaId, word]]);
      }
    },
  );

  it.each([
    { command: 'delete', status: 'terminated' },
    { command: 'stop', status: 'stopped' },
  ] satisfies { command: RunCommand; status: string }[])(
    'leaves nothing running when $command comes during the create',
    async ({ command, status }) => {
      const { effects } = await interrupted(command, null);
      for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
        const { world } = await interrupted(command, crashAt);
        expect(world.record.status, effects[crashAt - 1]).toBe(status);
        expect(world.novita.live, effects[crashAt - 1]).toEqual([]);
        if (command === 'delete') expect(world.novita.all.every((made) => made.status === 'removed')).toBe(true);
      }
    },
  );
});
