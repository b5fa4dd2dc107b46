import { type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { StartError } from '../../kernel/start-error.js';
import { type HealthDetails, HealthIndicatorRegistry } from '../health/health.js';
import { HttpSettings } from '../http.settings.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import type { ApiKey } from './api-key.js';
import type { ApiKeyRing } from './api-key-ring.js';
import { KeysFileError, parseKeysFile } from './parse-keys-file.js';

/** A watch can miss a change, as on a network file system; this finds it. */
const POLL_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Keeps a ring of keys as API_KEYS_FILE says. A file that cannot be read leaves the keys that were read before. */
@Injectable()
export class ApiKeysFile implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ApiKeysFile.name);
  private readonly path: string | null;
  private watcher: FSWatcher | null = null;
  private poll: NodeJS.Timeout | null = null;
  private trouble: string | null = null;
  private text: string | null = null;
  private reading: Promise<void> | null = null;
  private isChanged = false;

  /** @param fixed the keys of the settings, which the ring holds besides those of the file */
  constructor(
    private readonly ring: ApiKeyRing,
    private readonly fixed: readonly ApiKey[],
    settings: HttpSettings,
    private readonly health: HealthIndicatorRegistry,
    private readonly metrics: MetricsRegistry,
  ) {
    this.path = settings.API_KEYS_FILE === null ? null : resolve(settings.API_KEYS_FILE);
  }

  /** @throws StartError for a file that cannot be used: there are no keys to keep yet */
  async onModuleInit(): Promise<void> {
    const { path } = this;
    if (path === null) return;
    await this.refresh();
    if (this.trouble !== null) throw new StartError(`API_KEYS_FILE="${path}" cannot be used: ${this.trouble}`);
    this.showState();
    // The folder, since a file that is replaced in one step is another file than the one before.
    this.watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      // A mounted secret is changed by a link beside it, of another name.
      if (name === null || name === basename(path) || name.startsWith('..')) void this.refresh();
    });
    this.watcher.on('error', (err) => this.logger.warn('The folder of the keys is not watched any more', { err }));
    this.poll = setInterval(() => void this.refresh(), POLL_MS).unref();
  }

  onModuleDestroy(): void {
    this.watcher?.close();
    if (this.poll !== null) clearInterval(this.poll);
  }

  /** Reads the file if it has changed. Never throws; calls at the same time share a read, and one that follows it. */
  async refresh(): Promise<void> {
    this.isChanged = true;
    this.reading ??= this.readWhileChanged().finally(() => {
      this.reading = null;
    });
    await this.reading;
  }

  private async readWhileChanged(): Promise<void> {
    while (this.isChanged && this.path !== null) {
      this.isChanged = false;
      try {
        const text = await readBounded(this.path);
        if (text !== this.text) this.accept(text);
        this.trouble = null;
      } catch (error) {
        this.reject(error);
      }
    }
  }

  /** @throws KeysFileError */
  private accept(text: string): void {
    const keys = parseKeysFile(text);
    const names = new Set(this.fixed.map(({ name }) => name));
    const hashes = new Set(this.fixed.map(({ hash }) => hash));
    const taken = keys.findIndex(({ name, hash }) => names.has(name) || hashes.has(hash));
    if (taken !== -1) throw new KeysFileError(`the name or the key of entry ${taken + 1} stands in API_KEYS too`);
    this.ring.replace([...this.fixed, ...keys]);
    this.text = text;
    this.logger.log('The API keys were read', { keys: keys.length });
  }

  private reject(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    const why = error instanceof KeysFileError ? error.message : (code ?? 'it cannot be read');
    if (why !== this.trouble) this.logger.error('API_KEYS_FILE cannot be used; the keys read before stay', { why });
    this.trouble = why;
  }

  private showState(): void {
    const isBroken = (): boolean => this.trouble !== null;
    this.health.register({ name: 'apiKeys', needed: false, check: () => Promise.resolve(this.details()) });
    this.metrics.registerMetric(
      new Gauge({
        name: 'novita_fleet_api_keys_file_broken',
        help: 'Whether API_KEYS_FILE cannot be used, so that the keys read before stay: 1 or 0; absent without such a file',
        registers: [],
        collect() {
          this.set(isBroken() ? 1 : 0);
        },
      }),
    );
  }

  /** Anybody may read it: no name, no path. */
  private details(): HealthDetails {
    return this.trouble === null ? {} : { degraded: 'API_KEYS_FILE cannot be used; the keys read before stay' };
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new KeysFileError(`it is larger than ${MAX_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
