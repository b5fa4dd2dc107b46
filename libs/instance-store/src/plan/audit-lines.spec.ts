import { timestampFromMs } from '@app/platform';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../ports/audit-log.port.js';
import { auditLine, boundedEntry, parseAuditLine } from './audit-lines.js';

const AT = timestampFromMs(Date.UTC(2026, 0, 1));
const entry = (members: Partial<AuditEntry>): AuditEntry => ({
  at: AT,
  kind: 'decision',
  by: 'auto-stop',
  reason: 'idle',
  ...members,
});

describe('a line of the audit log', () => {
  it('says what was entered', () => {
    const whole = entry({ kind: 'status', from: 'ready', to: 'stopping', reason: 'idle "since" noon, 数 😀' });
    expect(parseAuditLine(auditLine(whole))).toEqual(whole);
    expect(auditLine(entry({}))).not.toContain('from');
  });

  it('is cut to less than 2 kB, and is one line, whatever is entered', () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom('\u0000', '\ud800', '"', '\n', '\\', '😀', '\u007f'), fc.string({ maxLength: 1 })),
      maxLength: 3_000,
      size: 'max',
    });
    fc.assert(
      fc.property(text, text, text, (by, to, reason) => {
        const line = auditLine(entry({ by, to, reason }));
        expect(Buffer.byteLength(line)).toBeLessThan(2_000);
        expect(line).not.toContain('\n');
        expect(parseAuditLine(line)).toEqual(boundedEntry(entry({ by, to, reason })));
        expect(line.isWellFormed()).toBe(true);
      }),
      { numRuns: 50 },
    );
    expect(Buffer.byteLength(auditLine(entry({ reason: '😀'.repeat(5_000) })))).toBeLessThan(2_000);
    expect(boundedEntry(entry({ reason: 'x'.repeat(5_000) })).reason).toMatch(/^x{799}…$/);
  });

  it.each(['', '{', 'null', '[]', '{"kind":"unheard-of"}'])('is passed over when it reads %s', (line) => {
    expect(parseAuditLine(line)).toBeNull();
  });
});
