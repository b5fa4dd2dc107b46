import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail } from './bootstrap/announce.mjs';
import { clientNode } from './bootstrap/client-node.mjs';
import { kubernetesTool } from './bootstrap/kubernetes-tools.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool } from './bootstrap/system-tools.mjs';

/**
 * `npm run test:kubernetes`: real clients of Kubernetes, kubectl and the official one for Node, against the sandbox's cluster,
 * and the mirror of it in built processes against faults.
 * Unlike `npm test`, which leaves out what the machine lacks, it fails when one of them cannot be had.
 */
try {
  await ensureDependencies();
  const [kubectl, client] = [await kubernetesTool('kubectl'), await clientNode()];
  if (kubectl === null || client === null) throw new Error('without both clients this proves nothing');
  const redis = await ensureTool('redis');
  await ensureBuild();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(NODE, [vitest, 'run', '--project', 'e2e', 'test/kubernetes'], {
    cwd: ROOT,
    env: {
      ...ENVIRONMENT,
      KUBECTL_BIN: kubectl,
      CLIENT_NODE_MODULE: client,
      REDIS_SERVER_BIN: redis,
    },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
