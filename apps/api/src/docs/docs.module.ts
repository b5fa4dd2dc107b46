import { Module } from '@nestjs/common';
import { ErrorsController } from './errors.controller.js';

/** The pages of the problems; `serveDocs` makes the routes of the OpenAPI document. */
@Module({
  controllers: [ErrorsController],
})
export class DocsModule {}
