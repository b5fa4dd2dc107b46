/** For the tests, which are TypeScript. @returns the shell blocks of the document that are run, one after the other */
export function runScript(markdown: string): string;
