import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REALISTIC, startKubernetesFace, startSandbox } from '@app/sandbox';
import { ArgumentError, readArguments, type SandboxArguments, USAGE } from './arguments.js';

/** Runs a sandbox until it gets a signal to stop. */
async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  const sandbox = await startSandbox({ ...options, timing: REALISTIC });
  console.log(`novita sandbox listening on ${sandbox.url} with ${options.instances} instances`);
  const { kubernetesPort } = options;
  const cluster = kubernetesPort === null ? null : startCluster(options, kubernetesPort);
  const closeCluster = await cluster?.catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });
  let closing: Promise<unknown> | null = null;
  const close = (): void => {
    closing ??= Promise.all([sandbox.close(), closeCluster?.()]);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, close);
}

/** @returns what ends it */
async function startCluster({ host, seed, pods }: SandboxArguments, port: number): Promise<() => Promise<void>> {
  const face = await startKubernetesFace({ host, seed, port });
  face.seedCluster(pods);
  const folder = await mkdtemp(join(tmpdir(), 'novita-sandbox-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, face.kubeconfig());
  console.log(`kubernetes sandbox listening on ${face.url} with ${pods} pods; KUBECONFIG=${kubeconfig}`);
  return async () => {
    await Promise.all([face.close(), rm(folder, { recursive: true, force: true })]);
  };
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
