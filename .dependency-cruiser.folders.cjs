const { options } = require('./.dependency-cruiser.cjs');

/**
 * Imports between folders run one way, down: no folder imports from a folder that imports it. A run of its own, without
 * tests: they reach the whole application from every folder, and dependency-cruiser cannot leave single files out of a
 * rule about folders.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'no-folder-imports-back-up',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(apps|libs)/[^/]+/' },
      to: { circular: true },
    },
  ],
  options: { ...options, exclude: { path: ['^dist/', '[.]spec[.]ts$', '/test/'] } },
};
