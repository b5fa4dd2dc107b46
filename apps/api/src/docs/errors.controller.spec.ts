import { defineProblems, ProblemRegistry } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { problemIndex, problemPage } from './errors.controller.js';

const OWN = defineProblems({
  'too-odd': {
    status: 409,
    title: 'Too <odd>',
    description: 'It is "odd" & more.',
    suggestion: 'Make it <b>even</b>: add `even=<b>1</b>`.',
    retryable: true,
  },
});

describe('the pages of the problems', () => {
  it('say what each means, with all text escaped', () => {
    const { main } = problemPage(OWN['too-odd']);
    expect(main).toContain('<h1>Too &lt;odd&gt;</h1>');
    expect(main).toContain('It is &quot;odd&quot; &amp; more.');
    expect(main).toContain('add <code>even=&lt;b&gt;1&lt;/b&gt;</code>.');
    expect(main).not.toContain('<b>');
  });

  it('have an index that links to each', () => {
    const all = new ProblemRegistry().all();
    const { main } = problemIndex(all);
    for (const { code } of all) expect(main).toContain(`href="errors/${code}"`);
  });
});
