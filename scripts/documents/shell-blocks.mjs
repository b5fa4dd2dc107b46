/**
 * The shell blocks of a document, and what proves each of them. The line above a block says it, in a comment that readers do
 * not see:
 *
 *   <!-- run -->                        test/standalone.e2e-spec.ts runs it, after those above it in one shell
 *   <!-- run by test/x.e2e-spec.ts -->  another test does, or makes the same calls
 *   <!-- not run: needs an account -->  nobody does, and why
 *   <!-- example: x.sh -->              a file of docs/examples, which a test runs
 */

/**
 * @typedef {object} ShellBlock
 * @property {string} text
 * @property {number} line of its fence, from 1
 * @property {string | null} proof what the comment above it says; null where there is none
 */

const FENCE = /^```(?:bash|sh)\n([\s\S]*?)^```$/gm;
const COMMENT = /<!-- ((?:run|not run: |example: )[^\n]*?) ?-->\n$/;

/** @param {string} markdown @returns {readonly ShellBlock[]} */
export function shellBlocks(markdown) {
  return [...markdown.matchAll(FENCE)].map(({ 1: text = '', index }) => {
    const before = markdown.slice(0, index);
    return { text, line: before.split('\n').length, proof: COMMENT.exec(before)?.[1]?.trim() ?? null };
  });
}
