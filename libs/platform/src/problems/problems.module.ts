import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ProblemFilter } from './problem.filter.js';
import { ProblemMappers } from './problem-mappers.js';
import { ProblemRegistry } from './problem-registry.js';

@Global()
@Module({
  providers: [ProblemRegistry, ProblemMappers, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [ProblemRegistry, ProblemMappers],
})
export class ProblemsModule {}
