import { type DynamicModule, Module } from '@nestjs/common';
import { BuiltPage } from './built-page.js';
import { DocumentPages } from './document-pages.js';

/** The page as the build left it, or null, and pages in its clothes; `servePage` makes the routes of the page. */
@Module({})
export class WebPageModule {
  /** @param folder default: where the build puts it */
  static forRoot(folder?: string): DynamicModule {
    return {
      module: WebPageModule,
      global: true,
      providers: [{ provide: BuiltPage, useFactory: () => BuiltPage.read(folder) }, DocumentPages],
      exports: [BuiltPage, DocumentPages],
    };
  }
}
