export { type EventBodyOptions, type EventData, eventBody, eventData } from './event-body.js';
export {
  autoStopAt,
  type InstanceBody,
  idleClockOf,
  present,
  renderHold,
  renderInstance,
  renderStored,
} from './instance-view.js';
