import { type InstanceRecord, nameAtProvider, TOKEN_VARIABLE } from '@app/instance-store';
import { type CreateInstanceInput, type Novita, NovitaError, type NovitaInstanceId } from '@app/novita-client';
import { type ProviderError, providerErrorOf } from '../problems/provider-errors.js';
import { type CreateOutcome, createWindowMs } from '../state-machine/crash-safe-create.js';
import type { MigrateOutcome } from '../state-machine/migration-answers.js';
import type { LifecyclePolicy } from '../state-machine/model.js';

/*
 * The calls that buy or move a machine, which must not be repeated blindly. One that is sent late, or takes long, would
 * reach the provider after another process has searched in vain for what it makes.
 */

/** When such a call may be sent. */
export interface CallWindow {
  /** When the intent was written, in epoch milliseconds. */
  readonly beganAt: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly policy: LifecyclePolicy;
}

/**
 * Buys the machine of a record, under the name that carries its marker.
 * @param token with which the machine reports its own use; null for none
 */
export async function sendCreate(
  novita: Novita,
  record: InstanceRecord,
  token: string | null,
  window: CallWindow,
): Promise<CreateOutcome> {
  const input = createInputOf(record, token);
  const sent = await sendBounded(window, (signal) => novita.instances.create(input, { signal }));
  return sent.kind === 'answered' ? { kind: 'created', id: sent.answer.id } : sent;
}

/** Has the provider move an instance to another machine. */
export async function sendMigrate(
  novita: Novita,
  target: NovitaInstanceId,
  window: CallWindow,
): Promise<MigrateOutcome> {
  const sent = await sendBounded(window, (signal) => novita.instances.migrate(target, { signal }));
  if (sent.kind !== 'answered') return sent;
  const { newInstanceId } = sent.answer;
  return { kind: 'accepted', newId: newInstanceId === target ? null : newInstanceId };
}

type BoundedAnswer<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly error: ProviderError }
  /** The process found itself too late to send it. */
  | { readonly kind: 'not-sent' };

/** A drain does not end the call: its answer is worth the wait. */
async function sendBounded<Answer>(
  { beganAt, now, policy }: CallWindow,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<BoundedAnswer<Answer>> {
  const { sendWithin, endWithin } = createWindowMs(policy);
  const age = now - beganAt;
  if (age > sendWithin) return { kind: 'not-sent' };
  const signal = AbortSignal.timeout(Math.max(1, Math.floor(endWithin - Math.max(0, age))));
  try {
    return { kind: 'answered', answer: await call(signal) };
  } catch (error) {
    if (error instanceof NovitaError) return { kind: 'refused', error: providerErrorOf(error) };
    const message = `the call ended without an answer: ${String(error)}`;
    return { kind: 'refused', error: { kind: 'network', message, effectUnknown: true, retryAfterMs: null } };
  }
}

/** The create call for a record: all of its spec, under the name that carries its marker. */
export function createInputOf(
  { name, marker, spec }: InstanceRecord,
  token: string | null = null,
): CreateInstanceInput {
  const envs = token === null ? spec.envs : [...spec.envs, { key: TOKEN_VARIABLE, value: token }];
  return {
    name: nameAtProvider(name, marker),
    kind: 'gpu',
    productId: spec.productId,
    gpuNum: spec.gpuNum,
    rootfsSize: spec.rootfsSize,
    imageUrl: spec.image,
    billingMode: spec.billingMode,
    ...(spec.ports.length === 0 ? {} : { ports: spec.ports.map(({ port, protocol }) => ({ port, type: protocol })) }),
    ...(envs.length === 0 ? {} : { envs }),
    ...(spec.tools.length === 0
      ? {}
      : { tools: spec.tools.map(({ protocol, ...tool }) => ({ ...tool, type: protocol })) }),
    ...(spec.networkStorages.length === 0 ? {} : { networkStorages: spec.networkStorages }),
    ...(spec.imageAuthId === null ? {} : { imageAuthId: spec.imageAuthId }),
    ...(spec.command === null ? {} : { command: spec.command }),
    ...(spec.entrypoint === null ? {} : { entrypoint: spec.entrypoint }),
    ...(spec.clusterId === null ? {} : { clusterId: spec.clusterId }),
    ...(spec.minCudaVersion === null ? {} : { minCudaVersion: spec.minCudaVersion }),
    // A subscription is bought for the shortest time there is.
    ...(spec.billingMode === 'monthly' ? { months: 1 } : {}),
  };
}
