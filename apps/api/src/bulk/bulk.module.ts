import { Module } from '@nestjs/common';
import { CatalogueApiModule } from '../catalogue/catalogue.module.js';
import { BulkController } from './bulk.controller.js';
import { BulkCommands } from './bulk-commands.js';

/** One command on many instances. */
@Module({
  imports: [CatalogueApiModule],
  controllers: [BulkController],
  providers: [BulkCommands],
})
export class BulkApiModule {}
