import { type DynamicModule, Global, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { StreamedAnswers } from '../http/streamed-answers.js';
import { Settings } from '../settings/settings.js';
import { PlatformLogger } from './platform-logger.js';
import { RequestLog } from './request-log.js';
import { type LogDestination, RootLogger } from './root-logger.js';

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
            // Its middleware makes two loggers for every request; RequestLog does the same work with none.
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
        StreamedAnswers,
        RequestLog,
      ],
      exports: [PlatformLogger, RootLogger, StreamedAnswers],
    };
  }
}
