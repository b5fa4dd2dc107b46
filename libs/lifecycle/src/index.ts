export * from './catalogue.js';
export * from './instance-commands.js';
