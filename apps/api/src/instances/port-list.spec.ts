import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePort, portFaults } from './port-list.js';

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

  it('points at each fault', () => {
    const pointers = portFaults(['80/http', 'x', '80/tcp', '2224/tcp'], '/ports').map(({ pointer }) => pointer);
    expect(pointers).toEqual(['/ports/1', '/ports/2', '/ports/3']);
  });
});
