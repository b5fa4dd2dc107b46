import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ROOT } from './built-process.js';

/** What kube-apiserver 1.20.2 answers to each question, and the sandbox's cluster where that is another one. */
const FILE = join(ROOT, 'test', 'recorded', 'kube-apiserver-1.20.2.ndjson');
/** Writes down what is answered now instead of comparing it with what was written down. */
export const IS_RECORDED_ANEW = process.env['RECORD_APISERVER'] === '1';

export type Answers = Readonly<Record<string, unknown>>;
export type AnswererName = 'apiserver' | 'sandbox';

interface Line {
  readonly question: string;
  readonly apiserver: unknown;
  readonly sandbox?: unknown;
  readonly because?: string;
}

const NEWER = 'a newer apiserver does so: ';
/** Questions that the sandbox's cluster answers otherwise, with the reason. Any other difference is a mistake of it. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  'discover /api/v1': `${NEWER}services can be deleted by a selector since 1.23`,
  'create a namespace': `${NEWER}since 1.21 a namespace has its name as a label`,
  'get the namespace': `${NEWER}since 1.21 a namespace has its name as a label`,
  'delete the namespace': `${NEWER}since 1.21 a namespace has its name as a label`,
  'create a job': `${NEWER}jobs have a generation`,
  'list jobs as a table': `${NEWER}jobs have a column of their status. And it makes up no selector for a job, as it runs none`,
  'list exactly a version that is still to come': `${NEWER}it is told from other errors of etcd`,
  'list with sendInitialEvents': `${NEWER}it knows the parameter`,
  'watch with sendInitialEvents': `${NEWER}it sends what is there, and a bookmark at its end`,
  'merge a patch that is no object': `${NEWER}the fields of a patch are validated, so that it is read before`,
  'merge a patch that is no JSON': `${NEWER}the fields of a patch are validated, so that it is read before`,
  'show no token':
    'it lets nobody in who shows nothing, whereas an apiserver gives him a name and then asks for his rights',
};

/** What was written down that it answers. */
export async function recordedAnswers(of: AnswererName): Promise<Answers> {
  const lines = (await readFile(FILE, 'utf8')).trim().split('\n');
  return Object.fromEntries(
    lines.map((text) => {
      const line = JSON.parse(text) as Line;
      return [line.question, of === 'sandbox' && line.sandbox !== undefined ? line.sandbox : line.apiserver];
    }),
  );
}

/** Writes down what both have answered. @throws Error when they differ without a reason, or a reason is without a difference */
export async function recordAnswers(apiserver: Answers, sandbox: Answers): Promise<void> {
  const lines = Object.entries(apiserver).map(([question, answer]): Line => {
    const [other, because] = [sandbox[question], DIFFERENCES[question]];
    const isSame = isDeepStrictEqual(answer, other);
    if (isSame && because === undefined) return { question, apiserver: answer };
    if (isSame || because === undefined) {
      throw new Error(
        `the answers to "${question}" ${isSame ? 'agree in spite of a reason' : 'differ without a reason'}`,
      );
    }
    return { question, apiserver: answer, sandbox: other, because };
  });
  await writeFile(FILE, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
