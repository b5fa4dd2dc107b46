import { RedisScript } from '@app/redis';
import type { FleetNews } from '../change-feed.js';
import { FleetEvents } from '../feed/fleet-events.port.js';
import type { RedisStoreContext } from './store-context.js';

const ANNOUNCE_ONCE = RedisScript.fromFile(new URL('./lua/announce-once.lua', import.meta.url));

/** Appends to the stream `changes`. */
export class RedisFleetEvents extends FleetEvents {
  constructor(private readonly context: RedisStoreContext) {
    super();
  }

  override async emitOnce(key: string, { type, data }: FleetNews): Promise<boolean> {
    const args = [key, this.context.feedLimit, type, this.context.clock.timestamp(), JSON.stringify(data)];
    return (await this.context.scripts.run(ANNOUNCE_ONCE, args)) === 1;
  }
}
