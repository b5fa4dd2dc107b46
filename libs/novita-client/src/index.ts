export * from './novita.errors.js';
export * from './novita.js';
export { NovitaSettings } from './novita.settings.js';
export { NovitaClientModule, NovitaKeyCheckModule } from './novita-client.module.js';
export { type CircuitView, NovitaHealth, type NovitaTrouble } from './novita-health.js';
export * from './novita-types.js';
export * from './provider-phase.js';
