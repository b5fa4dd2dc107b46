import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';

export type ShutdownPhase =
  | 'running'
  | 'stopping timers and intake'
  | 'waiting for running jobs'
  | 'closing the HTTP server or shared resources'
  | 'done';

/**
 * How far a shutdown has come, to say what hangs. Nest runs the hooks of the module that everything imports last, so
 * each hook here means that the phase before is over.
 */
@Injectable()
export class ShutdownProgress implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  private current: ShutdownPhase = 'running';

  get phase(): ShutdownPhase {
    return this.current;
  }

  begin(): void {
    this.current = 'stopping timers and intake';
  }

  onModuleDestroy(): void {
    this.current = 'waiting for running jobs';
  }

  beforeApplicationShutdown(): void {
    this.current = 'closing the HTTP server or shared resources';
  }

  onApplicationShutdown(): void {
    this.current = 'done';
  }
}
