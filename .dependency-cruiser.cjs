/** The dependency rule of ARCHITECTURE.md, as a machine sees it. */
const PROVIDERS = [
  'catalogue-mirror',
  'utilisation',
  'novita-client',
  'instance-store',
  'views',
  'jobs',
  'redis',
  'platform',
];
const FEATURES = ['lifecycle', 'sync', 'auto-stop', 'spend', 'migration', 'webhooks'];
const TEST_FILE = '([.]spec[.](ts|js)|-spec[.]ts|/test/|^test/|^bench/)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'platform-knows-no-other-lib',
      severity: 'error',
      from: { path: '^libs/platform/', pathNot: TEST_FILE },
      to: { path: '^(libs/(?!platform/)|apps/)' },
    },
    ...['redis', 'sandbox'].map((lib) => ({
      name: `${lib}-imports-platform-only`,
      severity: 'error',
      from: { path: `^libs/${lib}/`, pathNot: TEST_FILE },
      to: { path: `^(apps/|libs/(?!(${lib}|platform)/))` },
    })),
    ...['novita-client', 'instance-store', 'jobs'].map((lib) => ({
      name: `${lib}-imports-redis-and-platform-only`,
      severity: 'error',
      from: { path: `^libs/${lib}/`, pathNot: TEST_FILE },
      to: { path: `^(apps/|libs/(?!(${lib}|redis|platform)/))` },
    })),
    {
      name: 'catalogue-mirror-imports-novita-client-redis-and-platform-only',
      severity: 'error',
      from: { path: '^libs/catalogue-mirror/', pathNot: TEST_FILE },
      to: { path: '^(apps/|libs/(?!(catalogue-mirror|novita-client|redis|platform)/))' },
    },
    {
      name: 'utilisation-imports-novita-client-and-platform-only',
      severity: 'error',
      from: { path: '^libs/utilisation/', pathNot: TEST_FILE },
      to: { path: '^(apps/|libs/(?!(utilisation|novita-client|platform)/))' },
    },
    {
      name: 'views-imports-instance-store-and-platform-only',
      severity: 'error',
      from: { path: '^libs/views/', pathNot: TEST_FILE },
      to: { path: '^(apps/|libs/(?!(views|instance-store|platform)/))' },
    },
    ...FEATURES.map((lib) => ({
      name: `${lib}-imports-no-other-feature`,
      severity: 'error',
      from: { path: `^libs/${lib}/`, pathNot: TEST_FILE },
      to: { path: `^(apps/|libs/(?!(${[lib, ...PROVIDERS].join('|')})/))` },
    })),
    {
      name: 'settings-are-assembled-by-apps',
      comment: 'A library declares and injects its own section. The list of all sections imports every library.',
      severity: 'error',
      from: { path: '^libs/(?!settings/)', pathNot: TEST_FILE },
      to: { path: '^libs/settings/' },
    },
    {
      name: 'libs-through-their-index',
      comment: 'A lib is imported through its src/index.ts by everybody but itself. What checks the Node stands alone.',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: {
        path: '^libs/([^/]+)/',
        pathNot: ['^libs/$2/', '^libs/[^/]+/src/index[.]ts$', '^libs/platform/src/require-node[.]ts$'],
      },
    },
    {
      name: 'apps-are-not-libraries',
      comment: 'The standalone app is made of the other two; nothing else imports an app.',
      severity: 'error',
      from: { path: '^(apps/(?!standalone/)([^/]+)|libs)/' },
      to: { path: '^apps/', pathNot: '^apps/$2/' },
    },
    {
      name: 'api-core-knows-no-feature',
      comment: 'What every route stands on. A feature imports it, never the other way round.',
      severity: 'error',
      from: { path: '^apps/api/src/core/', pathNot: TEST_FILE },
      to: { path: '^apps/api/src/(?!core/)' },
    },
    {
      name: 'page-stands-alone',
      comment: 'A browser has what is in its folder and nothing else.',
      severity: 'error',
      from: { path: '^apps/api/page/', pathNot: TEST_FILE },
      to: { pathNot: '^apps/api/page/' },
    },
    {
      name: 'page-is-not-for-servers',
      severity: 'error',
      from: { pathNot: '^apps/api/page/' },
      to: { path: '^apps/api/page/' },
    },
    {
      name: 'page-is-built-before-it-is-served',
      severity: 'error',
      from: { pathNot: [TEST_FILE, '^apps/api/src/web-page/build/'] },
      to: { path: '^apps/api/src/web-page/build/' },
    },
    {
      name: 'bullmq-in-jobs-only',
      severity: 'error',
      from: { pathNot: ['^libs/jobs/', '[.]processor[.]ts$', '^bench/'] },
      to: { path: 'node_modules/(bullmq|@nestjs/bullmq|@bull-board/api/(bullMQAdapter|dist/queueAdapters))' },
    },
    {
      name: 'sandbox-not-in-production',
      severity: 'error',
      from: { path: '^(apps/(api|worker)|libs/(?!sandbox|testing))/', pathNot: TEST_FILE },
      to: { path: '^(libs|apps)/sandbox/' },
    },
    {
      name: 'testing-in-tests-only',
      severity: 'error',
      from: { path: '^(apps|libs/(?!testing))', pathNot: TEST_FILE },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'no-dev-packages-in-production',
      comment: 'The build of the page runs where everything is built, and in no process.',
      severity: 'error',
      from: { path: '^(apps|libs/(?!testing))', pathNot: [TEST_FILE, '^apps/api/src/web-page/build/'] },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
