/** The dependency rule of ARCHITECTURE.md, as a machine sees it. */
const PROVIDERS = [
  'catalogue-mirror',
  'utilisation',
  'novita-client',
  'instance-store',
  'views',
  'sync-status',
  'jobs',
  'redis',
  'platform',
];
const FEATURES = ['lifecycle', 'sync', 'auto-stop', 'spend', 'migration', 'webhooks', 'kubernetes-source'];

/** The libs that each lib may import; `settings` and `testing` may import any. No lib imports an app. */
const MAY_IMPORT = {
  platform: [],
  redis: ['platform'],
  sandbox: ['platform'],
  'novita-client': ['redis', 'platform'],
  'instance-store': ['redis', 'platform'],
  jobs: ['redis', 'platform'],
  'catalogue-mirror': ['novita-client', 'redis', 'platform'],
  utilisation: ['novita-client', 'redis', 'platform'],
  views: ['instance-store', 'platform'],
  'sync-status': ['instance-store', 'jobs', 'redis', 'platform'],
  // A process of its own: it signs as webhooks are signed, and the API keeps when it was seen.
  watchdog: ['novita-client', 'instance-store', 'webhooks', 'redis', 'platform'],
  ...Object.fromEntries(FEATURES.map((feature) => [feature, PROVIDERS])),
};

const TEST_FILE = '([.]spec[.](ts|js)|-spec[.]ts|/test/|^test/|^bench/|^simulation/|^chaos/)';
const production = (path) => ({ path, pathNot: TEST_FILE });

const RULES = [
  { name: 'no-cycles', from: {}, to: { circular: true } },
  { name: 'no-unresolvable', from: {}, to: { couldNotResolve: true } },
  ...Object.entries(MAY_IMPORT).map(([lib, others]) => ({
    name: `${lib}-imports-no-more-than-it-may`,
    from: production(`^libs/${lib}/`),
    to: { path: `^(apps/|libs/(?!(${[lib, ...others].join('|')})/))` },
  })),
  {
    name: 'settings-are-assembled-by-apps',
    comment: 'A library declares and injects its own section. The list of all sections imports every library.',
    from: production('^libs/(?!settings/)'),
    to: { path: '^libs/settings/' },
  },
  {
    name: 'libs-through-their-index',
    comment: 'A lib is imported through its src/index.ts by everybody but itself. What checks the Node stands alone.',
    from: { path: '^(apps|libs)/([^/]+)/' },
    to: {
      path: '^libs/([^/]+)/',
      pathNot: ['^libs/$2/', '^libs/[^/]+/src/index[.]ts$', '^libs/platform/src/require-node[.]ts$'],
    },
  },
  {
    name: 'apps-are-not-libraries',
    comment: 'The standalone app is made of the other two; nothing else imports an app.',
    from: { path: '^(apps/(?!standalone/)([^/]+)|libs)/' },
    to: { path: '^apps/', pathNot: '^apps/$2/' },
  },
  {
    name: 'api-core-knows-no-feature',
    comment: 'What every route stands on. A feature imports it, never the other way round.',
    from: production('^apps/api/src/core/'),
    to: { path: '^apps/api/src/(?!core/)' },
  },
  {
    name: 'page-stands-alone',
    comment: 'A browser has what is in its folder and nothing else.',
    from: production('^apps/api/page/'),
    to: { pathNot: '^apps/api/page/' },
  },
  {
    name: 'nothing-knows-of-the-simulation',
    from: { path: '^(apps|libs|bench)/' },
    to: { path: '^(simulation|chaos)/' },
  },
  { name: 'page-is-not-for-servers', from: { pathNot: '^apps/api/page/' }, to: { path: '^apps/api/page/' } },
  {
    name: 'page-is-built-before-it-is-served',
    from: { pathNot: [TEST_FILE, '^apps/api/src/web-page/build/'] },
    to: { path: '^apps/api/src/web-page/build/' },
  },
  {
    name: 'bullmq-in-jobs-only',
    from: { pathNot: ['^libs/jobs/', '[.]processor[.]ts$', '^bench/'] },
    to: { path: 'node_modules/(bullmq|@nestjs/bullmq|@bull-board/api/(bullMQAdapter|dist/queueAdapters))' },
  },
  {
    name: 'sandbox-not-in-production',
    from: production('^(apps/(api|worker)|libs/(?!sandbox|testing))/'),
    to: { path: '^(libs|apps)/sandbox/' },
  },
  {
    name: 'testing-in-tests-only',
    from: production('^(apps|libs/(?!testing))'),
    to: { path: '^libs/testing/' },
  },
  {
    name: 'tests-of-processes-load-no-product',
    comment:
      'What they test is in processes of its own; each would load all of it beside, by the index of one library.',
    from: { path: '^test/' },
    to: { path: '^libs/(?!sandbox/)[^/]+/src/index[.]ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-dev-packages-in-production',
    comment: 'The build of the page runs where everything is built, and in no process.',
    from: { path: '^(apps|libs/(?!testing))', pathNot: [TEST_FILE, '^apps/api/src/web-page/build/'] },
    to: { dependencyTypes: ['npm-dev'] },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: RULES.map((rule) => ({ ...rule, severity: 'error' })),
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    // What is generated keeps no rule of ours.
    exclude: { path: '^(dist|clients/typescript/src)/' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
