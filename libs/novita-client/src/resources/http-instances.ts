import { msFromTimestamp, type Timestamp } from '@app/platform';
import type {
  CallOptions,
  Edit,
  InstanceFilter,
  InstancesResource,
  ListedInstance,
  MetricsRange,
  Page,
  ScanOptions,
} from '../novita.js';
import type { CreateInstanceInput, NovitaInstance, NovitaInstanceId, NovitaInstanceMetrics } from '../novita-types.js';
import { bareInstance, INSTANCE, METRICS } from '../parsing/expected-answers.js';
import { readInstance, readMetrics } from '../parsing/read-instance.js';
import {
  type Fields,
  fieldsOf,
  idOf,
  requireFields,
  UnreadableAnswerError,
  UnreadableItemError,
} from '../parsing/read-value.js';
import { type NoteSurprises, surprisesOf } from '../parsing/surprises.js';
import type { Transport } from '../transport/novita-transport.js';
import { INSTANCES_KEY, listedInstanceOf, scanInstancePage } from './listed-instances.js';
import type { PagedResource, ResourceReader } from './resource-reader.js';

const LIST_PATH = '/gpu/instances';

/** The instances over HTTP. */
export class HttpInstances implements InstancesResource {
  constructor(
    private readonly transport: Transport,
    private readonly reader: ResourceReader,
  ) {}

  list(filter: InstanceFilter = {}, options?: CallOptions): AsyncIterable<Page<NovitaInstance>> {
    const query = { name: filter.name, status: filter.status };
    return this.reader.pages({ ...listOf(filter), query, read: readInstance, expected: INSTANCE }, options);
  }

  scan(options: ScanOptions = {}): AsyncIterable<Page<ListedInstance>> {
    const note = this.reader.notesOf(LIST_PATH);
    return this.reader.pages(
      {
        ...listOf(options),
        read: (item, index) => listedInstanceOf(item, index, note),
        // Noted when somebody reads the instance.
        expected: null,
        readBytes: (bytes) => scanInstancePage(bytes, note),
      },
      options,
    );
  }

  async get(id: NovitaInstanceId, options?: CallOptions): Promise<NovitaInstance> {
    const note = this.reader.notesOf('/gpu/instance');
    return this.reader.one(
      { path: '/gpu/instance', query: { instanceId: id }, subject: 'instance', expected: null },
      // The documentation shows no answer.
      (answer) => readWhole(bareInstance(answer), note),
      options,
    );
  }

  async create(input: CreateInstanceInput, options?: CallOptions): Promise<{ readonly id: NovitaInstanceId }> {
    return this.transport.call(
      {
        effect: 'create',
        surface: 'gpu',
        path: '/gpu/instance/create',
        body: createBody(input),
        subject: null,
        secrets: secretsOf(input),
        parse: (answer) => {
          const id = idOf(requireFields(answer)['id']);
          if (id === null) throw new UnreadableAnswerError('"id" is missing');
          return { id: id as NovitaInstanceId };
        },
      },
      options,
    );
  }

  async edit(id: NovitaInstanceId, edit: Edit, options?: CallOptions): Promise<void> {
    const { ports, expandRootDisk } = edit;
    await this.command('edit', options, {
      instanceId: id,
      ...(ports === undefined ? {} : { ports: ports.map(({ port, type }) => ({ port, type })) }),
      ...(expandRootDisk === undefined ? {} : { expandRootDisk }),
    });
  }

  async start(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    await this.command('start', options, { instanceId: id });
  }

  async stop(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    await this.command('stop', options, { instanceId: id });
  }

  async restart(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    await this.command('restart', options, { instanceId: id });
  }

  async delete(id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    await this.command('delete', options, { instanceId: id });
  }

  async migrate(
    id: NovitaInstanceId,
    options?: CallOptions,
  ): Promise<{ readonly newInstanceId: NovitaInstanceId | null }> {
    const answer = await this.command('migrate', options, { instanceId: id });
    const newInstanceId = idOf(fieldsOf(answer)['newInstanceId']);
    return { newInstanceId: newInstanceId as NovitaInstanceId | null };
  }

  async metrics(id: NovitaInstanceId, range?: MetricsRange, options?: CallOptions): Promise<NovitaInstanceMetrics> {
    const query =
      range === undefined
        ? {}
        : {
            startTime: unixSeconds(range.from),
            endTime: unixSeconds(range.to),
            interval: Math.round(range.intervalSeconds),
          };
    return this.reader.one(
      {
        surface: 'metrics',
        path: '/metrics/gpu/instance',
        query: { instanceId: id, ...query },
        subject: 'instance',
        expected: METRICS,
      },
      readMetrics,
      options,
    );
  }

  /** The answer to a command is not documented; its status says only that it was accepted. */
  private async command(
    verb: 'edit' | 'start' | 'stop' | 'restart' | 'delete' | 'migrate',
    options: CallOptions | undefined,
    body: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    return this.transport.call(
      {
        effect: 'command',
        surface: 'gpu',
        path: `/gpu/instance/${verb}`,
        body,
        subject: 'instance',
        parse: (answer) => answer,
      },
      options,
    );
  }
}

/** The list, however its items are read. */
function listOf({
  concurrency,
}: {
  readonly concurrency?: number;
}): Pick<PagedResource<{ readonly id: string }>, 'path' | 'answer' | 'key' | 'pageParameter' | 'idOf' | 'concurrency'> {
  return {
    path: LIST_PATH,
    answer: INSTANCES_KEY,
    key: INSTANCES_KEY,
    pageParameter: 'pageNum',
    idOf: (instance) => instance.id,
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** One instance that was asked for by its id: what cannot be read in it makes the whole answer unreadable. */
function readWhole(answer: Fields, note: NoteSurprises): NovitaInstance {
  try {
    const instance = readInstance(answer);
    note(surprisesOf(INSTANCE, answer));
    return instance;
  } catch (error) {
    if (!(error instanceof UnreadableItemError)) throw error;
    throw new UnreadableAnswerError(`"${error.field}": ${error.message}`);
  }
}

function unixSeconds(timestamp: Timestamp): number {
  return Math.floor(msFromTimestamp(timestamp) / 1_000);
}

/** The body of a create call as Novita wants it, which differs from its own answers in several places. */
export interface CreateBody {
  readonly name: string;
  readonly kind: 'gpu';
  readonly productId: string;
  readonly gpuNum: number;
  readonly rootfsSize: number;
  readonly imageUrl: string;
  readonly imageAuthId?: string;
  /** One text, `80/http,3306/tcp`; an edit takes objects. */
  readonly ports?: string;
  readonly envs?: readonly { readonly key: string; readonly value: string }[];
  /** Ports of tools are texts. */
  readonly tools?: readonly { readonly name: string; readonly port: string; readonly type: string }[];
  readonly command?: string;
  readonly entrypoint?: string;
  readonly clusterId?: string;
  /** With a capital I. */
  readonly networkStorages?: readonly { readonly Id: string; readonly mountPoint: string }[];
  readonly billingMode: string;
  readonly month?: number;
  readonly minCudaVersion?: string;
}

/** @param input what to create; what is absent or empty in it is left to Novita's defaults */
export function createBody(input: CreateInstanceInput): CreateBody {
  const { ports = [], envs = [], tools = [], networkStorages = [] } = input;
  return {
    name: input.name,
    kind: input.kind,
    productId: input.productId,
    gpuNum: input.gpuNum,
    rootfsSize: input.rootfsSize,
    imageUrl: input.imageUrl,
    billingMode: input.billingMode,
    ...(input.imageAuthId === undefined ? {} : { imageAuthId: input.imageAuthId }),
    ...(ports.length === 0 ? {} : { ports: ports.map(({ port, type }) => `${port}/${type}`).join(',') }),
    ...(envs.length === 0 ? {} : { envs: envs.map(({ key, value }) => ({ key, value })) }),
    ...(tools.length === 0 ? {} : { tools: tools.map(({ name, port, type }) => ({ name, port: String(port), type })) }),
    ...(input.command === undefined ? {} : { command: input.command }),
    ...(input.entrypoint === undefined ? {} : { entrypoint: input.entrypoint }),
    ...(input.clusterId === undefined ? {} : { clusterId: input.clusterId }),
    ...(networkStorages.length === 0
      ? {}
      : { networkStorages: networkStorages.map(({ id, mountPoint }) => ({ Id: id, mountPoint })) }),
    ...(input.months === undefined ? {} : { month: input.months }),
    ...(input.minCudaVersion === undefined ? {} : { minCudaVersion: input.minCudaVersion }),
  };
}

/** Texts of a create call that must not come back in an error message. */
export function secretsOf(input: CreateInstanceInput): readonly string[] {
  const texts = [...(input.envs ?? []).map((env) => env.value), input.command ?? '', input.entrypoint ?? ''];
  // The longest first: a secret that contains another one is removed whole.
  return texts.filter((text) => text !== '').sort((a, b) => b.length - a.length);
}
