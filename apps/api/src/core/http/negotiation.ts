import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { answerUnlessKnown, encodedTag, textTag } from './entity-tags.js';

/*
 * What a client accepts: JSON or a page, and in which encoding.
 */

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its answers get an entity tag made of their text; for lists, which nobody changes by their tag. */
    tagged?: boolean;
  }
}

export const JSON_TYPE = 'application/json; charset=utf-8';
export const HTML_TYPE = 'text/html; charset=utf-8';

/** Whether a client would rather have a page than JSON, by its `Accept` header (RFC 9110, 12.5.1). No header: JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const html = Math.max(acceptWeight(accept, 'text/html'), acceptWeight(accept, 'application/xhtml+xml'));
  const json = Math.max(acceptWeight(accept, 'application/json'), acceptWeight(accept, 'application/problem+json'));
  return html > 0 && html >= json;
}

/**
 * The weight that an `Accept` or `Accept-Encoding` header gives to exactly this (RFC 9110, 12.4.2). A range such as any
 * type at all counts for nothing.
 *
 * @param name in lower case
 * @returns 0 when it is not named, or refused
 */
export function acceptWeight(header: string, name: string): number {
  for (const part of header.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (range !== name) continue;
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  }
  return 0;
}

const MIN_BYTES = 1_024;
const COMPRESSIBLE = /^(?:application\/(?:[a-z.+-]+\+)?json|text\/(?:plain|html))\b/;
/** Beyond this each further level costs more time than the network saves. */
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** The first one is taken of those that a client likes equally well. */
const ENCODINGS = {
  zstd: (text: Text, done: Done) => zstdCompress(text, done),
  br: (text: Text, done: Done) => brotliCompress(text, BROTLI_OPTIONS, done),
  gzip: (text: Text, done: Done) => gzip(text, done),
} as const;
type Encoding = keyof typeof ENCODINGS;
const ENCODING_NAMES: readonly Encoding[] = ['zstd', 'br', 'gzip'];

/** Such as it is, or as bytes in UTF-8. */
type Text = string | Buffer;

type Done = (error: Error | null, payload?: unknown) => void;

/**
 * Compresses long answers of a route for clients that ask for it, and leaves out those that a client has already. After all
 * other hooks, which read the text.
 */
export function encodeAnswers(route: RouteOptions): void {
  const before = [route.onSend ?? []].flat();
  route.onSend = route.config?.tagged === true ? [...before, tagAnswer, encodeAnswer] : [...before, encodeAnswer];
}

function tagAnswer(_request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done): void {
  if (typeof payload !== 'string' || reply.statusCode !== 200) {
    done(null, payload);
    return;
  }
  reply.header('etag', `W/${textTag(payload)}`);
  done(null, payload);
}

/** Whether the client named the tag of this very answer. */
function isKnown(request: FastifyRequest, reply: FastifyReply): boolean {
  const { headers, method } = request;
  if (headers['if-none-match'] === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
  const tag = reply.getHeader('etag');
  return reply.statusCode === 200 && typeof tag === 'string' && answerUnlessKnown(request, reply, tag);
}

function encodeAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done): void {
  if (isKnown(request, reply)) {
    done(null, '');
    return;
  }
  const isText = typeof payload === 'string' || Buffer.isBuffer(payload);
  if (!isText || payload.length < MIN_BYTES || !isCompressible(reply)) {
    done(null, payload);
    return;
  }
  if (!reply.hasHeader('vary')) reply.header('vary', 'Accept-Encoding');
  const { 'accept-encoding': accepted } = request.headers;
  const encoding = accepted === undefined || request.method === 'HEAD' ? null : chosenEncoding(accepted);
  if (encoding === null) {
    done(null, payload);
    return;
  }
  reply.removeHeader('content-length').header('content-encoding', encoding);
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string') reply.header('etag', encodedTag(tag, encoding));
  ENCODINGS[encoding](payload, done);
}

function isCompressible(reply: FastifyReply): boolean {
  const type = reply.getHeader('content-type');
  return typeof type === 'string' && COMPRESSIBLE.test(type) && !reply.hasHeader('content-encoding');
}

/** @returns null when the client takes none of ours */
function chosenEncoding(accepted: string): Encoding | null {
  let best: { readonly name: Encoding; readonly weight: number } | null = null;
  for (const name of ENCODING_NAMES) {
    const weight = acceptWeight(accepted, name);
    if (weight > (best?.weight ?? 0)) best = { name, weight };
  }
  return best?.name ?? null;
}
