export { NoSharedReadings, type Utilisation } from './shared-readings.js';
export { UtilisationModule } from './utilisation.module.js';
export { UtilisationReader } from './utilisation-reader.js';
