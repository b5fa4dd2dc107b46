import type { Memory, Question, QuestionedServer } from './apiserver-question.js';
import { DISCOVERY, IDENTITIES, READS, SELECTS } from './questions-of-reads.js';
import { WATCHES } from './questions-of-watches.js';
import { CREATES, ENDS, METHODS, WRITES } from './questions-of-writes.js';

/** What every apiserver is asked, in this order: each question builds on those before it. */
const QUESTIONS: readonly Question[] = [
  ...DISCOVERY,
  ...CREATES,
  ...READS,
  ...SELECTS,
  ...METHODS,
  ...WRITES,
  ...WATCHES,
  ...IDENTITIES,
  ...ENDS,
];

/** The title of each question with the shape of its answer. */
export async function answersOf(server: QuestionedServer): Promise<Readonly<Record<string, unknown>>> {
  const memory: Memory = new Map();
  const answers: Record<string, unknown> = {};
  for (const { title, ask: asked } of QUESTIONS) answers[title] = (await asked(server, memory)) ?? null;
  return answers;
}
