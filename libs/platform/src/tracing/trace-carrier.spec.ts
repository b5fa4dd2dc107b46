import { TraceFlags } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { carrierOf, parseCarrier, spanContextOf } from './trace-carrier.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('parseCarrier', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
    [`00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
    // Of its flags we know one; of a later version we read what the first had.
    [`00-${TRACE}-${SPAN}-03`, `00-${TRACE}-${SPAN}-01`],
    [`cc-${TRACE}-${SPAN}-01-what-comes`, `00-${TRACE}-${SPAN}-01`],
  ])('reads %s', (text, carrier) => {
    expect(parseCarrier(text)).toBe(carrier);
  });

  it.each([
    undefined,
    ['00'],
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01\r\nx: y`,
  ])('takes no %j', (text) => {
    expect(parseCarrier(text)).toBeNull();
  });
});

it('a carrier is read as a span of another process', () => {
  const carrier = carrierOf({ traceId: TRACE, spanId: SPAN, traceFlags: TraceFlags.SAMPLED });
  expect(spanContextOf(carrier)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
});
