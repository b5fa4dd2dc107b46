import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readJson } from './json-text.js';

const UTF8_NAMES: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);
const GZIP_NAMES: ReadonlySet<string> = new Set(['gzip', 'x-gzip']);
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
const BYTE_ORDER_MARK = '\uFEFF';
/** Of what a client sent, as much as an answer repeats. */
const MAX_REPEATED = 40;
const unzip = promisify(gunzip);

/**
 * Takes JSON bodies only, in UTF-8, plain or compressed with gzip. An empty one counts as none: many generated clients
 * send `Content-Type: application/json` with commands that have no body.
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      checkCharset(request.headers['content-type']);
      const bytes = request.headers['content-encoding'] === undefined ? body : await decode(request, body);
      // Decoding would put a replacement character in place of what it cannot read.
      if (!isUtf8(bytes)) {
        throw new Problem(PLATFORM_PROBLEMS['malformed-json'], {
          detail: 'The body is not UTF-8.',
          suggestion: 'Encode the body as UTF-8, or write other characters as \\u escapes.',
        });
      }
      const text = bytes.toString('utf8');
      return readJson(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
    },
  );
}

/** @throws Problem `unsupported-media-type` */
function checkCharset(contentType = ''): void {
  const charset = CHARSET.exec(contentType)?.[1];
  if (charset === undefined || UTF8_NAMES.has(charset.toLowerCase())) return;
  throw new Problem(PLATFORM_PROBLEMS['unsupported-media-type'], {
    detail: `The body is in the character set ${charset.slice(0, MAX_REPEATED)}; only UTF-8 is read here.`,
    suggestion: 'Encode the body as UTF-8.',
  });
}

/**
 * The body without its compression, which may not grow past the limit without one.
 *
 * @throws Problem `unsupported-media-type`, `body-too-large`, `bad-request`
 */
async function decode({ headers, routeOptions }: FastifyRequest, body: Buffer): Promise<Buffer> {
  const encoding = String(headers['content-encoding']).trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  if (!GZIP_NAMES.has(encoding)) {
    throw new Problem(PLATFORM_PROBLEMS['unsupported-media-type'], {
      detail: `The Content-Encoding of the body is ${encoding.slice(0, MAX_REPEATED)}; gzip and none are read here.`,
      suggestion: 'Send the body as it is, or compress it with gzip.',
    });
  }
  try {
    return await unzip(body, { maxOutputLength: routeOptions.bodyLimit });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new Problem(PLATFORM_PROBLEMS['body-too-large'], {
        detail: 'The body is larger than 1 MiB when it is decompressed.',
        cause: error,
      });
    }
    throw new Problem(PLATFORM_PROBLEMS['bad-request'], {
      detail: 'The Content-Encoding of the body is gzip, but it cannot be decompressed.',
      cause: error,
    });
  }
}
