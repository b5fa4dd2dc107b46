import {
  type CatalogueMirror,
  type Mirrored,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
} from '@app/novita-client';
import type { Clock, Timestamp } from '@app/platform';
import type { Logger } from '@nestjs/common';

/** Who waits for Redis to give up on a command waits for seconds; one caller in this time is enough. */
const ASK_AGAIN_MS = 2_000;

/** The mirror for those who can do without it: while it is away it knows nothing and takes nothing. */
export class OptionalMirror {
  private awayUntil = 0;

  constructor(
    private readonly mirror: CatalogueMirror,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null> {
    return this.unlessAway(() => this.mirror.read(kind));
  }

  async write<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly MirroredItems[Kind][],
    asOf: Timestamp,
  ): Promise<void> {
    await this.unlessAway(() => this.mirror.write(kind, items, asOf));
  }

  private async unlessAway<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    if (this.clock.now() < this.awayUntil) return null;
    try {
      const answer = await ask();
      if (this.awayUntil > 0) this.logger.log('The catalogue is shared with the other processes again');
      this.awayUntil = 0;
      return answer;
    } catch (error) {
      if (!(error instanceof MirrorUnavailableError)) throw error;
      if (this.awayUntil === 0)
        this.logger.warn('The catalogue is not shared with the other processes', { err: error });
      this.awayUntil = this.clock.now() + ASK_AGAIN_MS;
      return null;
    }
  }
}
