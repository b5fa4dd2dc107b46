import { Module } from '@nestjs/common';
import { UtilisationController } from './utilisation.controller.js';

/** How busy instances are. */
@Module({ controllers: [UtilisationController] })
export class UtilisationApiModule {}
