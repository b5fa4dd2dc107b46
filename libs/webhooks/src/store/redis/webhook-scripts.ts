import { StoreUnavailableError } from '@app/instance-store';
import {
  FleetKeys,
  listReply,
  orUnavailable,
  type RedisConnections,
  RedisScript,
  type ReportUnreadable,
} from '@app/redis';
import type { Redis } from 'ioredis';
import { WebhookDocuments } from './documents.js';

/** The scripts of webhooks, by what they do; each file says what it takes and answers. */
const SCRIPTS = {
  append: script('append'),
  move: script('move'),
  work: script('work'),
  settle: script('settle'),
  cancel: script('cancel'),
  trim: script('trim'),
  figures: script('figures'),
  replay: script('replay'),
  readLog: script('read-log'),
  readEndpoints: script('read-endpoints'),
  insertEndpoint: script('insert-endpoint'),
  replaceEndpoint: script('replace-endpoint'),
  removeEndpoint: script('remove-endpoint'),
} as const;

function script(name: string): RedisScript {
  return RedisScript.fromFile(new URL(`./lua/${name}.lua`, import.meta.url));
}

/** Runs the scripts of webhooks on the keys of one fleet. */
export class WebhookScripts {
  readonly keys: FleetKeys;
  readonly documents: WebhookDocuments;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
    report?: ReportUnreadable,
  ) {
    this.documents = new WebhookDocuments(report);
    this.keys = new FleetKeys(keyPrefix);
  }

  get redis(): Redis {
    return this.connections.commands;
  }

  /** One round trip. @throws StoreUnavailableError */
  run(name: keyof typeof SCRIPTS, args: readonly (string | number)[]): Promise<unknown> {
    return orStoreUnavailable(SCRIPTS[name].run(this.redis, [this.keys.hashTag], args));
  }

  /** The same, for a script that answers a list. */
  async list(name: keyof typeof SCRIPTS, args: readonly (string | number)[]): Promise<readonly string[]> {
    return listReply(await this.run(name, args)).map(String);
  }
}

export function orStoreUnavailable<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new StoreUnavailableError(text, { cause }));
}
