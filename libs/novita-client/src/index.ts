export * from './novita.errors.js';
export * from './novita-api.port.js';
export * from './novita-types.js';
