import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail, say } from './bootstrap/announce.mjs';
import { clientNode } from './bootstrap/client-node.mjs';
import { CannotBeBuilt, ensureApiserver } from './bootstrap/kube-apiserver.mjs';
import { kubernetesTool } from './bootstrap/kubernetes-tools.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool } from './bootstrap/system-tools.mjs';

/**
 * `npm run test:kubernetes`: the sandbox's cluster and a real kube-apiserver, which is built where there is none yet, put to the
 * same tests; real clients, kubectl and the official one for Node, against the sandbox's; and the mirror of that in built
 * processes against faults.
 * Unlike `npm test`, which leaves out what the machine lacks, it fails without the clients. Where no kube-apiserver can be had,
 * it says so, and ends with the rest.
 */
try {
  await ensureDependencies();
  const [kubectl, client] = [await kubernetesTool('kubectl'), await clientNode()];
  if (kubectl === null || client === null) throw new Error('without both clients this proves nothing');
  const redis = await ensureTool('redis');
  const apiserver = await ensureApiserver().catch((error) => {
    // Anything else went wrong where it should not: a wrong setting, or a build that broke off.
    if (!(error instanceof CannotBeBuilt)) throw error;
    say(error.message);
    return null;
  });
  await ensureBuild();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(NODE, [vitest, 'run', '--project', 'e2e', 'test/kubernetes', ...process.argv.slice(2)], {
    cwd: ROOT,
    env: {
      ...ENVIRONMENT,
      KUBECTL_BIN: kubectl,
      CLIENT_NODE_MODULE: client,
      KUBE_APISERVER_DIR: apiserver ?? '',
      REDIS_SERVER_BIN: redis,
    },
    stdio: 'inherit',
  });
  say("against the sandbox's cluster: the mirror, kubectl, the client for Node, and every question to an apiserver");
  say(
    apiserver === null
      ? 'NOT TESTED against a real kube-apiserver, which cannot be had here (the reason is above)'
      : `against the real kube-apiserver in ${apiserver}: the mirror, and every question to an apiserver`,
  );
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
