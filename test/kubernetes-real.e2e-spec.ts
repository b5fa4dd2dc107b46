import { writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { QUESTIONS, type QuestionedServer } from './support/apiserver-questions.js';
import { QuestionedFace } from './support/questioned-face.js';
import { RealApiserver } from './support/real-apiserver.js';

let real: RealApiserver | undefined;
afterAll(() => real?.stop());
async function answers(server: QuestionedServer): Promise<unknown[]> {
  const memory = new Map<string, string>();
  const out: unknown[] = [];
  for (const q of QUESTIONS) {
    try {
      out.push({ question: q.title, answer: await q.ask(server, memory) });
    } catch (error) {
      out.push({ question: q.title, error: String(error) });
    }
  }
  return out;
}
it('probe', async () => {
  const face = await QuestionedFace.start();
  const f = await answers(face);
  await face.stop();
  writeFileSync('/tmp/wt/kreal-face.ndjson', f.map((l) => JSON.stringify(l)).join('\n'));
  real = await RealApiserver.start('--watch-cache-sizes=jobs.batch#0');
  const r = real;
  const server: QuestionedServer = {
    caller: r.caller,
    compact: () => r.compact(),
    asNobody: (c) => r.caller.call({ ...c, token: r.ready.tokens.nobody }),
  };
  const a = await answers(server);
  writeFileSync('/tmp/wt/kreal-real.ndjson', a.map((l) => JSON.stringify(l)).join('\n'));
  expect(a).toEqual(f);
});
