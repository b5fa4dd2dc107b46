import { Injectable } from '@nestjs/common';
import { NativeLogger } from 'nestjs-pino';

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
