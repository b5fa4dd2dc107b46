import { hash } from 'node:crypto';
import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

/*
 * Entity tags and the preconditions that name them (RFC 9110, 8.8.3 and 13.1). What can be changed has strong tags, which
 * lead back to its revision; lists have weak ones, made of their text.
 */

/** Of tags for the same state in another encoding; see `encodedTag`. */
const ENCODING = /-(?:zstd|br|gzip)"$/;
/** A revision, what else the answer depends on (a moment, an estimate), and the encoding. */
const OF_REVISION = /^"(\d{1,15})(?:-[0-9a-z]{1,12}){0,2}(?:~[0-9a-z.]{1,40})?(?:-(?:zstd|br|gzip))?"$/;

/**
 * The strong tag of a revision.
 *
 * @param moments what the answer shows beside it and what moves without a new revision; null where there is none
 */
export function revisionTag(revision: number, ...moments: readonly (string | null)[]): string {
  const parts = moments.map((at) => (at === null ? '0' : Date.parse(at).toString(36)));
  while (parts.at(-1) === '0') parts.pop();
  return `"${[revision, ...parts].join('-')}"`;
}

/** The tag of the same answer in another encoding: these are other bytes, so a strong tag has to be another one. */
export function encodedTag(tag: string, encoding: string): string {
  return tag.startsWith('W/') ? tag : `${tag.slice(0, -1)}-${encoding}"`;
}

/** A tag of the text, without the mark of a weak one. */
export function textTag(text: string): string {
  return `"${hash('sha1', text, 'base64url')}"`;
}

/** Whether `If-None-Match` names the tag, in any encoding (RFC 9110, 13.1.2: weak comparison). */
export function noneMatchNames(header: string, tag: string): boolean {
  return header.trim() === '*' || namedTag(header, tag) !== null;
}

/** The tag of this state as the header has it, without the mark of a weak one. */
function namedTag(header: string, tag: string): string | null {
  const named = header.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''));
  return named.find((candidate) => candidate === tag || candidate.replace(ENCODING, '"') === tag) ?? null;
}

/**
 * Puts a tag on an answer.
 *
 * @param tag with `W/` when it is weak
 * @returns whether the client has it already, so that 304 without a body is the answer
 */
export function answerUnlessKnown(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('etag', tag);
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  const strong = tag.replace(/^W\//, '');
  const named = namedTag(header, strong);
  if (named === null && header.trim() !== '*') return false;
  // A cache finds what it has by the very tag that came with it.
  if (named !== null && strong === tag) reply.header('etag', named);
  reply.code(304).removeHeader('content-type');
  return true;
}

/**
 * The revision that an `If-Match` header asks for, by strong comparison (RFC 9110, 13.1.1); null for any.
 *
 * @param header absent for any
 * @param of what has such tags, such as `an instance`
 * @throws Problem `precondition-failed` for a header that is not one strong tag of this kind
 */
export function matchedRevision(header: string | undefined, of: string): number | null {
  const text = header?.trim() ?? '*';
  if (text === '*') return null;
  const revision = OF_REVISION.exec(text)?.[1];
  if (revision !== undefined) return Number(revision);
  const weak = OF_REVISION.exec(text.replace(/^W\//, ''))?.[1];
  throw new Problem(PLATFORM_PROBLEMS['precondition-failed'], {
    detail:
      weak === undefined
        ? `The If-Match header is not the ETag of ${of}.`
        : `The If-Match header holds a weak ETag (W/), such as a proxy makes of ours; it has to be a strong one: "${weak}", with the \`revision\` that was read.`,
  });
}

/** The same for a change that must name what it is based on. @throws Problem `precondition-required` without the header */
export function requiredRevision(header: string | undefined, of: string): number | null {
  if (header !== undefined) return matchedRevision(header, of);
  throw new Problem(PLATFORM_PROBLEMS['precondition-required'], { detail: 'The request has no If-Match header.' });
}

/** Documents `If-Match`. */
export function IfMatchHeader(required: boolean, example: string, description: string): MethodDecorator {
  return ApiHeader({ name: 'If-Match', required, description, schema: { type: 'string', example } });
}

/** Documents `If-None-Match`. @param what such as `the list` */
export function IfNoneMatchHeader(what: string, example?: string): MethodDecorator {
  return ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: `An ETag; 304 when ${what} is still the same.`,
    schema: { type: 'string', ...(example !== undefined && { example }) },
  });
}
