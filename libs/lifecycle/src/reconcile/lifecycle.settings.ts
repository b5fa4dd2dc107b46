import { BILLING_MODES, type BillingMode } from '@app/instance-store';
import { NovitaSettings } from '@app/novita-client';
import { duration, HOUR_MS, matching, mustBeLonger, oneOf, SECOND_MS, Setting, type SettingRule } from '@app/platform';

/** How instances are made and brought to their desired state. */
export class LifecycleSettings {
  static readonly rules: readonly SettingRule[] = [
    // A create that is still under way must not be repeated: the second instance would bill too.
    mustBeLonger([LifecycleSettings, 'CREATE_RETRY_GRACE'], [NovitaSettings, 'NOVITA_TIMEOUT']),
  ];

  @Setting({
    kind: duration('s', 100, HOUR_MS),
    group: 'Instances',
    description: 'How often an instance that is starting or stopping is observed.',
    default: '30s',
    example: '10s',
  })
  readonly INSTANCE_POLL_INTERVAL!: number;

  @Setting({
    kind: duration('m', SECOND_MS, 24 * HOUR_MS),
    group: 'Instances',
    description: 'How long an instance may take to become ready before it counts as failed.',
    default: '10m',
    example: '20m',
  })
  readonly INSTANCE_STARTUP_TIMEOUT!: number;

  @Setting({
    kind: duration('s', 100, HOUR_MS),
    group: 'Instances',
    description:
      'How long after an unclear attempt to create an instance Novita is searched before a second attempt. Must be longer than NOVITA_TIMEOUT.',
    default: '60s',
    example: '2m',
  })
  readonly CREATE_RETRY_GRACE!: number;

  @Setting({
    kind: matching(/^[A-Za-z0-9_-]{1,64}$/, 'the name of a region or cluster, letters, digits, - and _'),
    group: 'Instances',
    description: 'Region that is tried first when a request names none.',
    default: 'CN-HK-01',
    example: 'US-CA-05',
  })
  readonly DEFAULT_REGION!: string;

  @Setting({
    kind: oneOf(BILLING_MODES),
    group: 'Instances',
    description: 'Billing mode of an instance when a request names none.',
    default: 'onDemand',
    example: 'spot',
  })
  readonly DEFAULT_BILLING_MODE!: BillingMode;
}
