import { IdleTracker, InstanceRecords, ListingDigests } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { type ListingVerdict, NovitaApi } from '@app/novita-client';
import { Clock, IdGenerator } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Absences } from './absences.js';
import { InstancePass, type InstancePassResult, type PassContext } from './instance-pass.js';
import { ListingRun } from './listing-run.js';
import { Newcomers } from './newcomers.js';
import { PassLedger } from './pass-ledger.js';
import { InstancePassOptions } from './pass-options.js';
import type { PassScene } from './pass-scene.js';
import { RecordWriter } from './record-writer.js';

/** A listing that is not clean is made again, so often in all. */
const TRIES = 3;

/**
 * One pass over all instances: what is listed is brought into the records page by page, what is ours and has no record
 * is adopted, and, only when the listing is clean, what is missing is looked into.
 */
@Injectable()
export class FleetInstancePass extends InstancePass {
  constructor(
    private readonly records: InstanceRecords,
    private readonly digests: ListingDigests,
    private readonly idle: IdleTracker,
    private readonly api: NovitaApi,
    private readonly calls: ReconcileRequests,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
    private readonly options: InstancePassOptions,
  ) {
    super();
  }

  override async run(context: PassContext): Promise<InstancePassResult> {
    const scene = this.sceneOf(context);
    const { ledger, writer } = scene;
    const progress = new Progress(context.onProgress);
    const newcomers = new Newcomers(scene);

    const { listing, verdict } = await this.list(scene, newcomers, progress);
    const taken = await newcomers.confirm(listing.toConfirm, progress.repeat);
    if (writer.writes) listing.live += taken;

    let held = carriedOver(context);
    if (verdict.clean) {
      const { startedAt, live } = listing;
      const clean = { startedAt, live, total: verdict.total, ids: () => listing.ids() };
      held = await new Absences(scene, clean, progress.repeat).settle();
    } else {
      ledger.remark(`after ${TRIES} tries the listing still proves no absence: ${verdict.reason}`);
    }
    const { changes, actions, actionCount, note } = ledger;
    return { verdict, changes, held, actions, actionCount, note };
  }

  private async list(
    scene: PassScene,
    newcomers: Newcomers,
    progress: Progress,
  ): Promise<{ readonly listing: ListingRun; readonly verdict: ListingVerdict }> {
    for (let tries = 1; ; tries++) {
      scene.ledger.beginAgain();
      const listing = new ListingRun(scene, newcomers);
      const verdict = await listing.read(progress.reach);
      if (verdict.clean || tries === TRIES) return { listing, verdict };
    }
  }

  private sceneOf(context: PassContext): PassScene {
    const { records, digests, idle, api, clock, ids, options, calls } = this;
    const { dryRun } = context.options;
    const hold = dryRun ? null : context.hold;
    if (!dryRun && hold === null) throw new Error('a run that writes needs the lock');
    return {
      context,
      options,
      records,
      digests,
      idle,
      api,
      clock,
      ids,
      writer: new RecordWriter(records, digests, hold),
      ledger: new PassLedger(dryRun),
      wake: (woken) => (dryRun ? Promise.resolve() : calls.now(woken)),
    };
  }
}

/** What an earlier run held stays held while nothing is concluded. */
function carriedOver({ heldBefore }: PassContext): InstancePassResult['held'] {
  return heldBefore === null ? null : { summary: heldBefore.summary, ids: [...heldBefore.ids] };
}

/** Never goes back, also when the listing begins anew. */
class Progress {
  private count = 0;
  private total: number | null = null;

  constructor(private readonly tell: PassContext['onProgress']) {}

  readonly reach = (count: number, total: number): void => {
    this.count = Math.max(this.count, count);
    this.total = total;
    this.repeat();
  };

  /** Nothing more was read, but it goes on. */
  readonly repeat = (): void => this.tell(this.count, this.total);
}
