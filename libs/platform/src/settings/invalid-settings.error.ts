export interface SettingFault {
  readonly variable: string;
  /** What is wrong; holds no secret. */
  readonly problem: string;
  readonly accepted: string;
}

/** The settings cannot be used; the message lists every fault and is meant to be read by whoever set them. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly faults: readonly SettingFault[]) {
    super(
      [
        'The settings are not valid:',
        ...faults.map((f) => `  ${f.variable}: ${f.problem}. Accepted: ${f.accepted}.`),
      ].join('\n'),
    );
  }
}
