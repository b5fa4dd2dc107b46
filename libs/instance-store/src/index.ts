export * from './change-feed.js';
export * from './instance.js';
export * from './instance-id.js';
export * from './instance-status.js';
export * from './instance-store.port.js';
export * from './update-instance.js';
