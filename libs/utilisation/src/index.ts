export { NoSharedReadings } from './shared-readings.js';
export { UtilisationModule } from './utilisation.module.js';
export { type Utilisation, UtilisationReader } from './utilisation-reader.js';
