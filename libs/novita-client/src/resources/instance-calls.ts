import type { CallOptions, Edit, InstanceFilter, ListedInstance, Page, ScanOptions } from '../novita-api.port.js';
import type { CreateInstanceInput, NovitaInstance, NovitaInstanceId } from '../novita-types.js';
import { readInstance } from '../parsing/read-instance.js';
import { AnswerFault, type Fields, fieldsOf, ItemFault, idOf, requireFields } from '../parsing/read-value.js';
import type { NovitaTransport } from '../transport/novita-transport.js';
import { createBody, secretsOf } from './create-body.js';
import { INSTANCES_KEY, listedInstanceOf, scanInstancePage } from './listed-instances.js';
import type { PagedResource, ResourceReader } from './resource-reader.js';

type CommandVerb = 'start' | 'stop' | 'restart' | 'delete';

/** Everything below `/gpu/instance`. */
export class InstanceCalls {
  constructor(
    private readonly transport: NovitaTransport,
    private readonly reader: ResourceReader,
  ) {}

  list(filter: InstanceFilter = {}, options?: CallOptions): AsyncIterable<Page<NovitaInstance>> {
    const query = { name: filter.name, status: filter.status };
    return this.reader.pages({ ...listOf(filter), query, read: readInstance }, options);
  }

  scan(options: ScanOptions = {}): AsyncIterable<Page<ListedInstance>> {
    return this.reader.pages({ ...listOf(options), read: listedInstanceOf, readBytes: scanInstancePage }, options);
  }

  async get(id: NovitaInstanceId, options?: CallOptions): Promise<NovitaInstance> {
    return this.reader.one(
      { path: '/gpu/instance', query: { instanceId: id }, subject: 'instance' },
      // Bare, as clients see it; a wrapped one is read too, since the documentation shows no answer.
      (answer) => readWhole('id' in answer ? answer : fieldsOf(answer['instance'] ?? answer['data'])),
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
          if (id === null) throw new AnswerFault('"id" is missing');
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

  async send(verb: CommandVerb, id: NovitaInstanceId, options?: CallOptions): Promise<void> {
    await this.command(verb, options, { instanceId: id });
  }

  async migrate(
    id: NovitaInstanceId,
    options?: CallOptions,
  ): Promise<{ readonly newInstanceId: NovitaInstanceId | null }> {
    const answer = await this.command('migrate', options, { instanceId: id });
    const newInstanceId = idOf(fieldsOf(answer)['newInstanceId']);
    return { newInstanceId: newInstanceId as NovitaInstanceId | null };
  }

  /** What a command answers is not documented; that it was accepted is all that its status says. */
  private async command(
    verb: CommandVerb | 'edit' | 'migrate',
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
}): Pick<PagedResource<{ readonly id: string }>, 'path' | 'key' | 'pageParameter' | 'idOf' | 'concurrency'> {
  return {
    path: '/gpu/instances',
    key: INSTANCES_KEY,
    pageParameter: 'pageNum',
    idOf: (instance) => instance.id,
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** One instance that was asked for by its id: what cannot be read in it spoils the whole answer. */
function readWhole(answer: Fields): NovitaInstance {
  try {
    return readInstance(answer);
  } catch (fault) {
    if (!(fault instanceof ItemFault)) throw fault;
    throw new AnswerFault(`"${fault.field}": ${fault.message}`);
  }
}
