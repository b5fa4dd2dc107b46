import { inProduction } from '../../config/process.settings.js';
import { Setting } from '../../config/setting.decorator.js';
import { duration } from '../../config/setting-kinds.js';
import { mustBeLonger } from '../../config/setting-rules.js';
import type { SettingRule } from '../../config/settings.js';
import { MINUTE_MS, SECOND_MS } from '../../kernel/time.js';

/** How a process ends. */
export class ShutdownSettings {
  static readonly rules: readonly SettingRule[] = [
    mustBeLonger([ShutdownSettings, 'SHUTDOWN_TIMEOUT'], [ShutdownSettings, 'SHUTDOWN_DELAY']),
  ];

  @Setting({
    kind: duration('s', SECOND_MS, 10 * MINUTE_MS),
    group: 'Shutdown',
    description: 'Time a process has to end after SIGTERM; past it, it says what hangs and exits with 1.',
    default: '30s',
    example: '60s',
  })
  readonly SHUTDOWN_TIMEOUT!: number;

  @Setting({
    kind: duration('s', 0, MINUTE_MS),
    group: 'Shutdown',
    description:
      'Time between answering 503 on /health/ready and closing the port, so that load balancers look elsewhere. Must be shorter than SHUTDOWN_TIMEOUT.',
    default: {
      text: '200ms; in production 2s',
      from: (resolved) => (inProduction(resolved) ? '2s' : '200ms'),
    },
    example: '5s',
  })
  readonly SHUTDOWN_DELAY!: number;
}
