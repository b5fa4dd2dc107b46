import type { IdleClock, IdleExemption, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import type { ActivitySign, IdleRule } from './evaluation.js';
import type { IdleSignals, PictureAge } from './idle-signals.js';
import { timeWords } from './time-words.js';

interface ExemptCase {
  readonly record: InstanceRecord;
  readonly rule: 'exempt';
  readonly exemption: IdleExemption;
}

interface CountingCase {
  readonly record: InstanceRecord;
  readonly rule: IdleRule;
  readonly exemption: null;
  readonly clock: IdleClock;
  readonly sinceMs: number;
  readonly now: number;
  readonly signals: IdleSignals;
  readonly picture: PictureAge;
  readonly latest: ActivitySign | null;
}

/** Why the answer is what it is, in one sentence. */
export function reasonOf(given: ExemptCase | CountingCase): string {
  if (given.exemption !== null) return exemptReason(given.record, given.exemption);
  const unused = unusedWords(given);
  switch (given.rule) {
    case 'exempt':
      return unused;
    case 'leased':
      return leaseWords(given);
    case 'used-lately':
      return `${unused}, which is less than the ${limitWords(given.clock)}.`;
    case 'warning-due':
      return `${unused}; after ${limitWords(given.clock)} it is stopped, in ${timeWords(given.sinceMs + given.clock.thresholdMs - given.now)}.`;
    case 'idle-too-long':
      return `${unused}, which is as long as the ${limitWords(given.clock)} or longer.`;
    case 'suspended':
      return `${unused}, but nothing is stopped at present: ${suspensionWords(given.picture, given.now)}.`;
    case 'picture-too-old':
      return `${unused}, but ${pictureWords(given)}.`;
    case 'utilisation-unknown':
      return `${unused}, but the utilisation of its GPU is not known, which counts as use${gpuWords(given.signals)}.`;
  }
}

/** Why nothing is stopped at all. */
export function suspensionWords({ asOf, maxStalenessMs }: PictureAge, now: number): string {
  return asOf === null
    ? 'no sync has shown the instances yet'
    : `the latest sync that showed the instances began ${timeWords(now - msFromTimestamp(asOf))} ago, and AUTO_STOP_MAX_STALENESS is ${timeWords(maxStalenessMs)}`;
}

function unusedWords({ latest, sinceMs, now }: CountingCase): string {
  return `Not used for ${timeWords(now - sinceMs)}, since ${latest === null ? 'it was made' : signWords(latest)}`;
}

function signWords({ kind, at, by }: ActivitySign): string {
  switch (kind) {
    case 'ready':
      return `it was ready at ${at}`;
    case 'use':
      return `its last use at ${at} (${by})`;
    case 'lease':
      return `its lease ended at ${at} (${by})`;
    case 'gpu':
      return `its GPU was last busy at ${at}`;
  }
}

function limitWords({ thresholdMs, thresholdFrom }: IdleClock): string {
  const whose = { instance: 'its own setting', template: 'its template', fleet: 'the default' }[thresholdFrom];
  return `${timeWords(thresholdMs)} that it may stand unused by ${whose}`;
}

function leaseWords({ record: { autoStop }, clock }: CountingCase): string {
  const { lease } = autoStop;
  if (lease === undefined) return 'Declared busy.';
  return `Declared busy until ${lease.until} by ${lease.by} (${lease.reason}); then it may stand unused for ${timeWords(clock.thresholdMs)}.`;
}

function pictureWords({ record, signals: { look }, picture }: CountingCase): string {
  if (look?.kind === 'not-running') return `Novita does not say that it runs (${look.word})`;
  if (look?.kind === 'unknown') return `Novita could not be asked whether it runs (${look.why})`;
  const seen =
    record.observedAt === null ? 'it was never seen at Novita' : `it was last seen at Novita at ${record.observedAt}`;
  return `${seen}, and nothing is stopped on a picture older than ${timeWords(picture.maxStalenessMs)}`;
}

function gpuWords({ gpu }: IdleSignals): string {
  return gpu?.kind === 'unknown' ? ` (${gpu.why})` : '';
}

function exemptReason(record: InstanceRecord, exemption: IdleExemption): string {
  switch (exemption) {
    case 'switched-off-for-all':
      return 'Idle instances are not stopped in this installation (AUTO_STOP_ENABLED=false).';
    case 'switched-off-for-this-one':
      return 'It is not to be stopped when idle, by its own setting (autoStop.enabled is false).';
    case 'switched-off-for-its-template':
      return `Instances of template ${record.spec.templateId ?? ''} are not stopped when idle (AUTO_STOP_TEMPLATE_THRESHOLDS).`;
    case 'made-elsewhere':
      return 'It was made elsewhere and nobody has adopted it, so nothing here acts on it.';
    case 'billed-monthly':
      return 'It is paid by the month, so stopping it would save nothing.';
    case 'not-ready':
      return `It is ${record.status}; only an instance that is ready can stand idle.`;
    case 'not-wished-to-run':
      return `It is to be ${record.desired.state} already, by ${record.desired.by}.`;
  }
}
