import { dayOf, firstDayOfMonth, monthOf, SpendMeter, type SpendReading } from '@app/instance-store';
import { Clock, ShortMemory } from '@app/platform';
import { Injectable } from '@nestjs/common';

/** So that creates, scrapes and the page do not ask more often than money moves. */
const REMEMBERED_MS = 2_000;

/** What the meters say of this month, asked at most once in two seconds. */
@Injectable()
export class SpendReadings {
  private readonly memory: ShortMemory<SpendReading>;

  constructor(
    private readonly spend: SpendMeter,
    private readonly clock: Clock,
  ) {
    this.memory = new ShortMemory(clock, REMEMBERED_MS);
  }

  /** @throws StoreUnavailableError */
  latest(): Promise<SpendReading> {
    const firstDay = firstDayOfMonth(monthOf(dayOf(this.clock.now())));
    return this.memory.recall(firstDay, () => this.spend.read(firstDay));
  }
}
