import { acceptsToken, instanceOfToken, TOKEN_AT_CREATE, TOKEN_VARIABLE } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { Crash, LOST_AFTER, World } from '../../test/fakes/world.js';

/** The tokens that machines were given, the latest last. */
function givenTokens({ novita }: World): readonly string[] {
  const variables = novita.world.instances().flatMap(({ spec }) => spec.envs);
  return variables.filter(({ key }) => key === TOKEN_VARIABLE).map(({ value }) => value);
}

function wanted(): World {
  return new World({ reportToken: TOKEN_AT_CREATE });
}

describe('a machine that shall report its own use', () => {
  it('gets a token that its record accepts, and that the store never sees', async () => {
    const world = wanted();
    const written: string[] = [];
    world.atEffect = (effect, args) => {
      if (effect.includes('store')) written.push(JSON.stringify(args));
    };
    await world.run();
    const [token = '', ...others] = givenTokens(world);
    expect([instanceOfToken(token), others]).toEqual([world.id, []]);
    expect(acceptsToken(world.record, token)).toBe(true);
    expect(written.length).toBeGreaterThan(0);
    expect(written.join('')).not.toContain(token.slice(-64));
  });

  it('has one that is accepted wherever a worker dies, and whatever answer is lost', async () => {
    const live = async (crashAt: number | null, isLost: boolean): Promise<{ world: World; effects: string[] }> => {
      const world = wanted();
      let losses = isLost ? 1 : 0;
      world.novita.faultOf = (call) => (call === 'createInstance' && losses-- > 0 ? LOST_AFTER : null);
      const effects: string[] = [];
      world.atEffect = (effect) => {
        effects.push(effect);
        if (effects.length === crashAt) throw new Crash(effect);
      };
      await world.run();
      return { world, effects };
    };
    for (const isLost of [false, true]) {
      const { effects } = await live(null, isLost);
      expect(effects).toContain('before novita.create');
      for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
        const { world } = await live(crashAt, isLost);
        const tokens = givenTokens(world);
        expect(tokens, effects[crashAt - 1]).toHaveLength(1);
        expect(
          tokens.map((token) => acceptsToken(world.record, token)),
          effects[crashAt - 1],
        ).toEqual([true]);
      }
    }
  });

  it('gets none when they were revoked before it was bought', async () => {
    const world = wanted();
    world.atEffect = (effect) => {
      if (
        effect === 'before store.get' &&
        world.record.attempts.openCreate !== null &&
        world.record.reportToken !== null
      ) {
        world.store.put({ ...world.record, reportToken: null });
      }
    };
    await world.run();
    expect([world.record.status, givenTokens(world)]).toEqual(['ready', []]);
  });
});
