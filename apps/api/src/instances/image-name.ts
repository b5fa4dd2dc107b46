import { Follows, notOfType } from '../http/input-rules.js';

// The grammar of references: https://pkg.go.dev/github.com/distribution/reference
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$|^sha512:[a-f0-9]{128}$/;
const MAX_LENGTH = 500;
const FORM = 'an image is written as [registry/]name[:tag] or name@sha256:…, such as vllm/vllm-openai:v0.8.4';

/** What is wrong with the name of a container image; null for nothing. */
export function imageNameViolation(value: unknown): string | null {
  if (typeof value !== 'string') return notOfType(value, 'the name of an image');
  if (value.length < 1 || value.length > MAX_LENGTH) return `must be 1 to ${MAX_LENGTH} characters`;
  if (value.includes('://')) return `must be no address with ${value.split('://')[0]?.slice(0, 20)}://; ${FORM}`;
  const [name = '', digest, ...more] = value.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) {
    return `must have a digest of the form sha256: and 64 small hexadecimal digits after @; ${FORM}`;
  }
  const lastSlash = name.lastIndexOf('/');
  const colon = name.indexOf(':', lastSlash + 1);
  if (colon !== -1 && !TAG.test(name.slice(colon + 1))) return `must have a tag after the colon; ${FORM}`;
  return isRepository(colon === -1 ? name : name.slice(0, colon)) ? null : repositoryViolation(name);
}

function isRepository(text: string): boolean {
  const [first = '', ...rest] = text.split('/');
  // As container engines tell a registry from the first part of a name.
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const parts = isRegistry ? rest : [first, ...rest];
  return (!isRegistry || HOST.test(first)) && parts.every((part) => PATH_PART.test(part));
}

function repositoryViolation(name: string): string {
  if (/\s/.test(name)) return `must be an image name without spaces; ${FORM}`;
  if (/[A-Z]/.test(name)) return `must be in small letters; ${FORM}`;
  return `must be the name of an image; ${FORM}`;
}

export function IsImageName(): PropertyDecorator {
  return Follows(imageNameViolation);
}
