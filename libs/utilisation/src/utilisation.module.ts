import { NovitaClientModule } from '@app/novita-client';
import { Module } from '@nestjs/common';
import { UtilisationReader } from './utilisation-reader.js';

/** Provides `UtilisationReader`, one for a process. Needs the platform module, which is global. */
@Module({
  imports: [NovitaClientModule],
  providers: [UtilisationReader],
  exports: [UtilisationReader],
})
export class UtilisationModule {}
