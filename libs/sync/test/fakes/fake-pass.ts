import { timestampFromMs } from '@app/platform';
import { InstancePass, type InstancePassResult, type PassContext } from '../../src/instances/instance-pass.js';
import { NO_CHANGES } from '../../src/run/sync-report.js';

const NOTHING_FOUND: InstancePassResult = {
  verdict: { clean: true, reason: null, startedAt: timestampFromMs(0), total: 0, distinct: 0, pages: 1 },
  changes: NO_CHANGES,
  held: null,
  actions: [],
  actionCount: 0,
  note: null,
};

/** Lists nothing and does what the test says. */
export class FakePass extends InstancePass {
  readonly contexts: PassContext[] = [];
  /** What a pass does before it ends. */
  work: (context: PassContext) => Promise<void> = () => Promise.resolve();
  found: Partial<InstancePassResult> = {};

  override async run(context: PassContext): Promise<InstancePassResult> {
    this.contexts.push(context);
    await this.work(context);
    return { ...NOTHING_FOUND, ...this.found };
  }
}

export function aVerdict(overrides: Partial<InstancePassResult['verdict']> = {}): InstancePassResult['verdict'] {
  return { ...NOTHING_FOUND.verdict, ...overrides };
}
