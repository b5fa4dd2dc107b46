/**
 * What the API takes, by form and field. Generated from openapi.json by scripts/generate-page-api.mjs; not to be edited.
 */
export const LIMITS = /** @type {const} */ ({
  create: {
    name: { minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9-]{1,200}$' },
    gpuNum: { minimum: 1, maximum: 8 },
    rootfsSize: { minimum: 10, maximum: 6144 },
    ports: { maxItems: 15 },
    envs: { maxItems: 100 },
    command: { maxLength: 2047 },
    entrypoint: { maxLength: 2047 },
    networkStorages: { maxItems: 30 },
    maxLifetimeMinutes: { maximum: 5256000 },
  },
  variable: { key: { minLength: 1, maxLength: 511 }, value: { maxLength: 4095 } },
  storage: { mountPoint: { maxLength: 4095 } },
  autoStop: { thresholdMinutes: { maximum: 525600 }, holdMinutes: { maximum: 30 } },
  lease: { minutes: { maximum: 43200 }, reason: { minLength: 1, maxLength: 200 } },
});
