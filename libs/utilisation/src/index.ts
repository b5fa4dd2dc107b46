export { NoSharedReadings } from './shared-readings.js';
export type { Utilisation } from './utilisation.js';
export { UtilisationModule } from './utilisation.module.js';
export { UtilisationReader } from './utilisation-reader.js';
