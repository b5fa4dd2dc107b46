export { type EventBodyOptions, type EventData, eventBody, eventData } from './event-body.js';
export {
  autoStopAt,
  type InstanceBody,
  idleClockOf,
  idleSince,
  renderInstance,
  renderStanding,
  renderStored,
} from './instance-view.js';
export { present } from './present.js';
