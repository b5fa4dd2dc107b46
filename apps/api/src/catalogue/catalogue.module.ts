import { Module } from '@nestjs/common';
import { CatalogueController } from './catalogue.controller.js';
import { KnownRegions } from './known-regions.js';

/** The products that can be rented, and the regions as clients write them. */
@Module({
  controllers: [CatalogueController],
  providers: [KnownRegions],
  exports: [KnownRegions],
})
export class CatalogueApiModule {}
