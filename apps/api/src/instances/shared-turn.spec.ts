import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SharedTurn } from './shared-turn.js';

describe('SharedTurn', () => {
  function recording(): { asked: string[][]; turn: SharedTurn<string, string> } {
    const asked: string[][] = [];
    const turn = new SharedTurn<string, string>((questions) => {
      asked.push([...questions]);
      return questions.map((question) => Promise.resolve(`${question}!`));
    });
    return { asked, turn };
  }

  it('asks what came in one turn together, each question once, and answers everyone', async () => {
    const { asked, turn } = recording();
    expect(await Promise.all(['a', 'b', 'a'].map((question) => turn.ask(question)))).toEqual(['a!', 'b!', 'a!']);
    expect(asked).toEqual([['a', 'b']]);
  });

  it('asks only after everyone of the turn has asked', async () => {
    const { asked, turn } = recording();
    const first = turn.ask('a');
    await Promise.resolve();
    expect(asked).toEqual([]);
    const second = turn.ask('a');
    expect([await first, await second]).toEqual(['a!', 'a!']);
    expect(asked).toHaveLength(1);
  });

  it('asks anew in the next turn, even while the answer to the last one is under way', async () => {
    const answers: PromiseWithResolvers<string>[] = [];
    const turn = new SharedTurn<string, string>((questions) =>
      questions.map(() => {
        const answer = Promise.withResolvers<string>();
        answers.push(answer);
        return answer.promise;
      }),
    );
    const first = turn.ask('a');
    await nextTurn();
    const second = turn.ask('a');
    await nextTurn();
    expect(answers).toHaveLength(2);
    answers[1]?.resolve('new');
    answers[0]?.resolve('old');
    expect([await first, await second]).toEqual(['old', 'new']);
  });

  it('gives a fault to those who asked that question, and to nobody else', async () => {
    const turn = new SharedTurn<string, string>((questions) =>
      questions.map((question) => (question === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve('fine'))),
    );
    const results = await Promise.allSettled([turn.ask('bad'), turn.ask('good'), turn.ask('bad')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });
});
