import { Logger } from '@nestjs/common';
import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, expect, it, vi } from 'vitest';
import { ReportedExporter } from './traces.js';

afterEach(() => void vi.restoreAllMocks());

/** Sends nothing, as it is told. */
class ScriptedExporter extends InMemorySpanExporter {
  isSent = true;

  override export(...[, done]: Parameters<SpanExporter['export']>): void {
    done(this.isSent ? { code: 0 } : { code: 1, error: new Error('connection refused') });
  }
}

it('that spans cannot be sent is said once, and once that they can again', () => {
  const said: string[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(
    (message: unknown) => void said.push(`warn: ${String(message)}`),
  );
  vi.spyOn(Logger.prototype, 'log').mockImplementation((message: unknown) => void said.push(`log: ${String(message)}`));
  const scripted = new ScriptedExporter();
  const exporter = new ReportedExporter(scripted, 'http://collector:4318');
  const codes: number[] = [];
  const results = [true, false, false, false, true, true, false];
  for (const isSent of results) {
    scripted.isSent = isSent;
    exporter.export([], ({ code }) => codes.push(code));
  }
  expect(codes).toEqual(results.map((isSent) => (isSent ? 0 : 1)));
  expect(said).toEqual([
    'warn: spans cannot be sent to http://collector:4318; they are dropped meanwhile',
    'log: spans are sent to http://collector:4318 again',
    'warn: spans cannot be sent to http://collector:4318; they are dropped meanwhile',
  ]);
});
