/** Who asks for a check, and how it is to be made. */
export interface CheckOrder {
  readonly trigger: 'schedule' | 'manual';
  readonly checkId: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}
