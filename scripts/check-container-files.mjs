import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './bootstrap/project.mjs';

/**
 * Checks what can be checked of the container files without an engine: the compose file parses (anchors and merges
 * included) and keeps its promises, and every file that the Dockerfile copies exists or is made by an earlier stage.
 */
const compose = parse(await readFile(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true });
const services = compose.services;
assert.deepEqual(Object.keys(services).toSorted(), ['api', 'nginx', 'redis', 'watchdog', 'worker']);
const redis = services.redis.command.join(' ');
for (const option of ['--appendonly yes', '--maxmemory-policy noeviction', '--requirepass']) {
  assert.ok(redis.includes(option), `redis must be started with ${option}`);
}
for (const [name, service] of Object.entries(services)) {
  assert.ok(service.healthcheck?.test, `${name} has no health check`);
  assert.ok(service.deploy?.resources?.limits?.memory, `${name} has no memory limit`);
}

const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1]);
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
assert.match(lastStage, /^USER node$/m, 'the image must not run as root');
for (const [, flags, words] of dockerfile.matchAll(/^COPY((?: --\S+)*) (.+)$/gm)) {
  const from = /--from=(\S+)/.exec(flags)?.[1];
  if (from !== undefined) {
    assert.ok(stages.includes(from), `COPY --from=${from} names no stage`);
    continue;
  }
  for (const path of words.split(' ').slice(0, -1))
    await readFile(join(ROOT, path)).catch((error) =>
      assert.equal(error.code, 'EISDIR', `COPY ${path}: ${error.message}`),
    );
}
for (const service of [services.api, services.worker, services.watchdog]) {
  const entry = service.command[1].replace(/^dist\//, '').replace(/\.js$/, '.ts');
  await readFile(join(ROOT, entry));
}
