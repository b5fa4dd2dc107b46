export { type EventBodyOptions, type EventData, eventBody, eventData } from './event-body.js';
export {
  autoStopAt,
  type InstanceBody,
  idleClockOf,
  renderHold,
  renderInstance,
  renderStored,
} from './instance-view.js';
export { present } from './present.js';
