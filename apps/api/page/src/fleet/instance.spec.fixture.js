/**
 * An instance for tests: ready, ours, made so many minutes after the first one.
 *
 * @param {Partial<import('../net/api-types.js').Instance> & {readonly n?: number}} [members]
 * @returns {import('../net/api-types.js').Instance}
 */
export function anInstance({ n = 1, ...members } = {}) {
  const createdAt = new Date(Date.UTC(2026, 2, 1, 8) + n * 60_000).toISOString();
  return {
    id: `ins_${String(n).padStart(26, '0')}`,
    name: `worker-${n}`,
    marker: '-nfk3v9x8y9zabcde',
    status: 'ready',
    novitaInstanceId: n.toString(16).padStart(16, '0'),
    novitaStatus: 'running',
    origin: 'managed',
    owner: 'user:ci',
    desired: 'running',
    desiredBy: 'user:ci',
    desiredAt: createdAt,
    gpuNum: 1,
    rootfsSize: 60,
    region: 'CN-HK-01',
    product: { id: '4090', name: 'RTX 4090 24GB' },
    billingMode: 'onDemand',
    pricePerHour: 0.35,
    envs: [],
    image: 'vllm/vllm-openai:v0.8.4',
    portMappings: [],
    connectionDetails: {},
    createdAt,
    startedAt: createdAt,
    readyAt: createdAt,
    confirmedAt: createdAt,
    autoStop: {},
    revision: 1,
    ...members,
  };
}
