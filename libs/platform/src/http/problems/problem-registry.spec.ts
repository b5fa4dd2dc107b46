import { describe, expect, it } from 'vitest';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { defineProblems } from './problem.js';
import { ProblemRegistry, renderProblemsMarkdown } from './problem-registry.js';

const OWN = defineProblems({
  'too-odd': {
    status: 409,
    title: 'Too <odd>',
    description: 'It is "odd" & more.',
    suggestion: 'Make it <b>even</b>.',
    retryable: true,
  },
});

describe('ProblemRegistry', () => {
  it('knows the types of the platform and those declared to it, in order of status', () => {
    const registry = new ProblemRegistry();
    registry.declare(OWN);
    registry.declare(OWN);
    expect(registry.find('too-odd')).toBe(OWN['too-odd']);
    expect(registry.find('rate-limited')).toBe(PLATFORM_PROBLEMS['rate-limited']);
    expect(registry.find('toString')).toBeNull();
    const statuses = registry.all().map(({ status }) => status);
    expect(statuses).toEqual([...statuses].sort((a, b) => a - b));
    expect(statuses).toHaveLength(Object.keys(PLATFORM_PROBLEMS).length + 1);
  });

  it('refuses a second meaning of one code', () => {
    const other = defineProblems({ forbidden: { ...OWN['too-odd'], status: 403 } });
    expect(() => new ProblemRegistry().declare(other)).toThrow('two problem types have the code forbidden');
  });
});

describe('the document of the problems', () => {
  const registry = new ProblemRegistry();
  registry.declare(OWN);
  const all = registry.all();

  it('has a section for each', () => {
    const text = renderProblemsMarkdown(all);
    expect(text.split('\n').filter((line) => line.startsWith('## '))).toEqual(all.map(({ code }) => `## ${code}`));
    expect(text).toContain('**409 Too <odd>.** It is "odd" & more.');
  });
});
