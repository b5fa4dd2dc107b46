import { answerShape, eventShape } from './answer-shape.js';
import type { ApiserverCall, ApiserverCaller } from './apiserver-caller.js';

/** An apiserver that is questioned. */
export interface QuestionedServer {
  readonly caller: ApiserverCaller;
  /** Has it forget its past. */
  compact(): Promise<void>;
  /** Calls as somebody without any right. */
  asNobody(call: ApiserverCall): ReturnType<ApiserverCaller['call']>;
}

/** What earlier answers said, by a name: tokens of next pages, versions. */
export type Memory = Map<string, string>;
type Asked = ApiserverCall | ((seen: (name: string) => string) => ApiserverCall);

export interface Question {
  readonly title: string;
  /** @returns the shape of the answer */
  readonly ask: (server: QuestionedServer, memory: Memory) => Promise<unknown>;
}

export const NS = '/api/v1/namespaces/answers';
export const MAPS = `${NS}/configmaps`;
export const PODS = `${NS}/pods`;
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/answers/deployments';
export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
export const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
export const PARTIAL = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json';

const resolved = (asked: Asked, memory: Memory): ApiserverCall =>
  typeof asked === 'function' ? asked((name) => memory.get(name) ?? '') : asked;

/** @param keeps names under which the `metadata` of the answer is kept */
export function ask(title: string, asked: Asked, keeps: Readonly<Record<string, string>> = {}): Question {
  return {
    title,
    ask: async ({ caller }, memory) => {
      const answer = await caller.call(resolved(asked, memory));
      const { metadata = {} } = answer.body as { readonly metadata?: Readonly<Record<string, unknown>> };
      for (const [name, member] of Object.entries(keeps)) memory.set(name, String(metadata[member]));
      return answerShape(answer);
    },
  };
}

export function watch(title: string, asked: Asked, events: number): Question {
  return {
    title,
    ask: async ({ caller }, memory) => (await caller.firstEvents(resolved(asked, memory), events)).map(eventShape),
  };
}

/** What an older one has in its memory it shows in any order. */
export const inAnyOrder = ({ title, ask: inOrder }: Question): Question => ({
  title,
  ask: async (server, memory) => sorted(await inOrder(server, memory)),
});

function sorted(shape: unknown): unknown {
  if (Array.isArray(shape))
    return shape.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const { items, ...rest } = shape as { readonly items?: unknown };
  return Array.isArray(items) ? { ...rest, items: sorted(items) } : shape;
}

export const compact: Question = { title: 'compaction', ask: async (server) => server.compact() };

export const get = (title: string, path: string, more: Partial<ApiserverCall> = {}): Question =>
  ask(title, { path, ...more });
export const query = (path: string, parameters: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(parameters).toString()}`;
export const MOST_TRIES = 20;
/** A watch that ends by itself when what it is to see does not come. */
export const watched = (parameters: Readonly<Record<string, string>>, path = MAPS): string =>
  query(path, { watch: '1', timeoutSeconds: '20', ...parameters });
export const select = (kind: 'labelSelector' | 'fieldSelector', text: string): Question =>
  get(`list by ${kind} ${text}`, query(MAPS, { [kind]: text }));
export const map = (name: string, labels: Readonly<Record<string, string>> = {}, more: object = {}): unknown => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data: { of: name },
  ...more,
});
export const container = { name: 'main', image: 'registry.invalid/main' };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
export const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
};
