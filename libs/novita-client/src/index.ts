export * from './novita.errors.js';
export * from './novita.js';
export { novitaOver } from './novita-client.js';
export { NovitaClientModule, NovitaKeyCheckModule } from './novita-client.module.js';
export { type CircuitView, NovitaHealth, type NovitaTrouble } from './novita-health.js';
export * from './novita-types.js';
export * from './provider-phase.js';
export type { HttpAnswer } from './transport/answer-collector.js';
export type { Exchange } from './transport/http-exchange.js';
