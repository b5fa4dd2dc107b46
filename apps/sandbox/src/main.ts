import { REALISTIC, startSandbox } from '@app/sandbox';
import { ArgumentError, readArguments, USAGE } from './arguments.js';

/** Runs a sandbox until it gets a signal to stop. */
async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  const sandbox = await startSandbox({ ...options, timing: REALISTIC });
  console.log(`novita sandbox listening on ${sandbox.url} with ${options.instances} instances`);
  let closing: Promise<void> | null = null;
  const close = (): void => {
    closing ??= sandbox.close();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, close);
}

try {
  await main();
} catch (error) {
  if (error instanceof ArgumentError) {
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = 2;
  } else {
    console.error(`the sandbox cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
