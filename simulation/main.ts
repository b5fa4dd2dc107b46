import { runCli } from './cli.js';

process.exitCode = await runCli(process.argv.slice(2), new URL('./seed-thread.mjs', import.meta.url));
