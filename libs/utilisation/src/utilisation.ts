import type { NovitaInstanceMetrics } from '@app/novita-client';
import type { Timestamp } from '@app/platform';

export interface UtilisationRange {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** How busy an instance was, as Novita measured it. Percentages, as they came. */
export interface Utilisation extends UtilisationRange {
  readonly intervalSeconds: number;
  /** When Novita was asked. */
  readonly readAt: Timestamp;
  readonly metrics: NovitaInstanceMetrics;
}
