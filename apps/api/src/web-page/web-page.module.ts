import { type DynamicModule, Module } from '@nestjs/common';
import { BuiltPage } from './built-page.js';

/** The page as the build left it, or null; `servePage` makes its routes. */
@Module({})
export class WebPageModule {
  /** @param folder default: where the build puts it */
  static forRoot(folder?: string): DynamicModule {
    return { module: WebPageModule, providers: [{ provide: BuiltPage, useFactory: () => BuiltPage.read(folder) }] };
  }
}
