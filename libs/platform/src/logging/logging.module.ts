import { type DynamicModule, Global, Injectable, Module } from '@nestjs/common';
import { LoggerModule, NativeLogger } from 'nestjs-pino';
import { Settings } from '../config/settings.js';
import { type LogDestination, RootLogger } from './root-logger.js';

/** Parts of the framework that write a line for every module and route at each start. */
const BOOT_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Takes Nest's log records to pino; what the framework says of its own start is for debugging. */
@Injectable()
export class PlatformLogger extends NativeLogger {
  override log(message: unknown, ...optionalParams: unknown[]): void {
    if (BOOT_CONTEXTS.has(optionalParams.at(-1))) this.debug(message, ...optionalParams);
    else super.log(message, ...optionalParams);
  }

  /** That it cannot listen is said in one plain line by who started it. */
  override error(message: unknown, ...optionalParams: unknown[]): void {
    const isFailedListen = optionalParams.at(-1) === 'NestApplication' && String(message).startsWith('Error: listen E');
    if (isFailedListen) this.debug(message, 'NestApplication');
    else super.error(message, ...optionalParams);
  }
}

@Global()
@Module({})
export class LoggingModule {
  /** Logs as JSON lines through pino; `app.useLogger(app.get(PlatformLogger))` sends Nest's own records there too. */
  static forRoot(options: { readonly processName: string; readonly destination?: LogDestination }): DynamicModule {
    return {
      module: LoggingModule,
      imports: [
        LoggerModule.forRootAsync({
          inject: [RootLogger],
          useFactory: ({ logger }: RootLogger) => ({
            // Without the last option it would put its own error serializer over ours.
            pinoHttp: { logger, autoLogging: false, wrapSerializers: false },
            // Its middleware makes two loggers for every request; RequestLog (http/server) does the same work with none.
            forRoutes: [],
            nativeLogger: { structuredParams: true, flattenParams: true },
          }),
        }),
      ],
      providers: [
        {
          provide: RootLogger,
          useFactory: (settings: Settings) => new RootLogger({ settings, ...options }),
          inject: [Settings],
        },
        PlatformLogger,
      ],
      exports: [PlatformLogger, RootLogger],
    };
  }
}
