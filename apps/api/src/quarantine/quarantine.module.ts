import { Module } from '@nestjs/common';
import { QuarantineController } from './quarantine.controller.js';

/** What is stored and cannot be read: shown, tried again, discarded. */
@Module({ controllers: [QuarantineController] })
export class QuarantineApiModule {}
