import type { PortSpec } from '@app/instance-store';
import { CREATE_LIMITS, RESERVED_PORTS } from '@app/lifecycle';
import type { FieldError } from '@app/platform';
import { Follows, notOfType, type TextLimits } from '../core/http/input-rules.js';

// The grammar of references: https://pkg.go.dev/github.com/distribution/reference
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$|^sha512:[a-f0-9]{128}$/;
const FORM = 'an image is written as [registry/]name[:tag] or name@sha256:…, such as vllm/vllm-openai:v0.8.4';

/** The violation of the name of a container image; null for none. */
export function imageNameViolation(value: unknown): string | null {
  if (typeof value !== 'string') return notOfType(value, 'the name of an image');
  if (value.length < 1 || value.length > CREATE_LIMITS.imageLength)
    return `must be 1 to ${CREATE_LIMITS.imageLength} characters`;
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
  // Container engines recognise a registry in the same way.
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const parts = isRegistry ? rest : [first, ...rest];
  return (!isRegistry || HOST.test(first)) && parts.every((part) => PATH_PART.test(part));
}

function repositoryViolation(name: string): string {
  if (/\s/.test(name)) return `must be an image name without spaces; ${FORM}`;
  if (/[A-Z]/.test(name)) return `must be in small letters; ${FORM}`;
  return `must be the name of an image; ${FORM}`;
}

/** A name of an instance, in whole. */
export const INSTANCE_NAME: TextLimits = {
  min: 1,
  max: CREATE_LIMITS.nameLength,
  form: { pattern: /^[A-Za-z0-9-]+$/, says: 'must be letters, digits and hyphens' },
};

export function IsImageName(): PropertyDecorator {
  return Follows(imageNameViolation);
}

const PORT = /^(\d{1,5})\/(http|tcp)$/;

/**
 * Reads a port such as `8080/http`.
 *
 * @returns the port, or what is wrong with it
 */
export function parsePort(text: string): PortSpec | string {
  const match = PORT.exec(text);
  if (match === null) return 'must be a port and its protocol, such as 8080/http or 22/tcp';
  const port = Number(match[1]);
  if (port < 1 || port > 65_535) return 'must be a port from 1 to 65535';
  if (RESERVED_PORTS.has(port)) return `must be another port than ${port}: Novita keeps 2222, 2223 and 2224 for itself`;
  return { port, protocol: match[2] === 'tcp' ? 'tcp' : 'http' };
}

/** The violations of a list of ports that stands at `pointer`; one number may stand there once. */
export function portViolations(ports: readonly string[], at: string): readonly FieldError[] {
  const known = new Set<number>();
  const violations: FieldError[] = [];
  for (const [index, text] of ports.entries()) {
    const port = parsePort(text);
    if (typeof port === 'string') violations.push({ pointer: `${at}/${index}`, detail: port });
    else if (known.has(port.port))
      violations.push({
        pointer: `${at}/${index}`,
        detail: `must be another port than ${port.port}, which stands there already`,
      });
    else known.add(port.port);
  }
  return violations;
}
