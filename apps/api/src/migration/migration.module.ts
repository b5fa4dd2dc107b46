import { FailedMigrations } from '@app/migration';
import { Module } from '@nestjs/common';
import { MigrationController } from './migration.controller.js';

/** Migration of reclaimed spot instances: its check, and failed ones tried again. */
@Module({ controllers: [MigrationController], providers: [FailedMigrations] })
export class MigrationApiModule {}
