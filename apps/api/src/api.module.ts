import {
  type ApiKey,
  MetricsController,
  PlatformModule,
  type PlatformOptions,
  ProblemMappers,
  ProblemRegistry,
} from '@app/platform';
import { type DynamicModule, Module, type ModuleMetadata, type OnModuleInit } from '@nestjs/common';
import { CatalogueController } from './catalogue/catalogue.controller.js';
import { ApiHealthController } from './health/api-health.controller.js';
import { HttpSurface } from './http/http-surface.js';
import { IndexController } from './http/index.controller.js';
import { idempotencyHooksProvider, idempotencyStoreProvider } from './idempotency/idempotency.provider.js';
import { FreshReads } from './instances/fresh-reads.js';
import { InstanceCommandsController } from './instances/instance-commands.controller.js';
import { InstanceReadsController } from './instances/instance-reads.controller.js';
import { InstanceWritesController } from './instances/instance-writes.controller.js';
import { LastUsedController } from './instances/last-used.controller.js';
import { SharedReads } from './instances/shared-reads.js';
import { StopAllController } from './instances/stop-all.controller.js';
import { ErrorsController } from './problems/errors.controller.js';
import { PROBLEM_FAMILIES } from './problems/problem-families.js';
import { problemOfLibraryError } from './problems/problem-mapping.js';
import { admissionProvider } from './security/admission.provider.js';

export interface ApiModuleOptions extends PlatformOptions {
  /** The keys that open the API. */
  readonly keys: readonly ApiKey[];
  /** The modules that provide `InstanceStore`, `InstanceCommands` and `Catalogue`. */
  readonly fleet: NonNullable<ModuleMetadata['imports']>;
}

/** HTTP: what clients see of the fleet. It enqueues work and runs none. */
@Module({})
export class ApiModule implements OnModuleInit {
  static forRoot({ keys, fleet, ...platform }: ApiModuleOptions): DynamicModule {
    return {
      module: ApiModule,
      imports: [PlatformModule.forRoot(platform), ...fleet],
      controllers: [
        InstanceReadsController,
        InstanceWritesController,
        InstanceCommandsController,
        LastUsedController,
        StopAllController,
        CatalogueController,
        ApiHealthController,
        ErrorsController,
        MetricsController,
        IndexController,
      ],
      providers: [
        FreshReads,
        SharedReads,
        HttpSurface,
        admissionProvider(keys),
        idempotencyStoreProvider,
        idempotencyHooksProvider,
      ],
    };
  }

  constructor(
    private readonly mappers: ProblemMappers,
    private readonly registry: ProblemRegistry,
  ) {}

  onModuleInit(): void {
    for (const family of PROBLEM_FAMILIES) this.registry.declare(family);
    this.mappers.register(problemOfLibraryError);
  }
}
