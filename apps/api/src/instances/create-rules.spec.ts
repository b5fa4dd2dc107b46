import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageNameViolation, parsePort, portViolations } from './create-rules.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the name of an image', () => {
  it.each([
    'nginx',
    'vllm/vllm-openai:v0.8.4',
    'docker.io/library/nginx:1.27_a',
    'localhost/x',
    'localhost:5000/team/x__y:latest',
    'REGISTRY.example.com:5000/a/b-c.d',
    '[::1]:5000/x',
    `nginx@${DIGEST}`,
    `ghcr.io/a/b:1@${DIGEST}`,
  ])('%s is one', (name) => {
    expect(imageNameViolation(name)).toBeNull();
  });

  it.each([
    ['https://hub.docker.com/r/x/y', 'must be no address with https://'],
    ['docker://nginx', 'must be no address with docker://'],
    ['nginx:', 'must have a tag after the colon'],
    ['NGINX', 'must be in small letters'],
    ['team/NGINX:1', 'must be in small letters'],
    ['a b', 'must be an image name without spaces'],
    ['/nginx', 'must be the name of an image'],
    ['nginx/', 'must be the name of an image'],
    ['nginx@sha256:abc', 'must have a digest'],
    [`nginx@${DIGEST}@${DIGEST}`, 'must have a digest'],
    [5, 'must be the name of an image, not a number'],
  ])('%s is none', (name, says) => {
    expect(imageNameViolation(name)).toContain(says);
  });
});

describe('ports', () => {
  it('reads every port that is not reserved, and writes it back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom('http', 'tcp'), (port, protocol) => {
        const usable = port >= 1 && port <= 65_535 && ![2222, 2223, 2224].includes(port);
        const parsed = parsePort(`${port}/${protocol}`);
        expect(parsed).toEqual(usable ? { port, protocol } : expect.any(String));
      }),
    );
  });

  it.each(['', '80', 'http', '80/HTTP', '80/udp', ' 80/http', '80/http ', '-1/http', '8e1/http', '080000/http'])(
    'refuses %j',
    (text) => {
      expect(parsePort(text)).toEqual(expect.any(String));
    },
  );

  it('points at each violation', () => {
    const pointers = portViolations(['80/http', 'x', '80/tcp', '2224/tcp'], '/ports').map(({ pointer }) => pointer);
    expect(pointers).toEqual(['/ports/1', '/ports/2', '/ports/3']);
  });
});
