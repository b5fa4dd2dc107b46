import { timingSafeEqual } from 'node:crypto';
import { type ApiKeyHolder, ApiKeyRing, Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';

export const QUEUE_SESSION_SECONDS = 3_600;

/** What is sealed begins with this, so that no other seal is a session. */
const PURPOSE = 'queue-session';
const TOKEN = /^([A-Za-z0-9_-]{1,64})\.([1-9]\d{0,11})\.([A-Za-z0-9_-]{43})$/;

/**
 * Sessions for a browser that follows a link, to which no header with a key can be attached. A session is a text that
 * says whose it is and when it ends, sealed with that key: every process can check it, none keeps it, and it ends with
 * the key.
 */
@Injectable()
export class QueueSessions {
  constructor(
    private readonly ring: ApiKeyRing,
    private readonly clock: Clock,
  ) {}

  /** @returns of letters, digits, `-`, `_` and `.`; as worthy of protection as a key, for its time */
  open(holder: ApiKeyHolder): string {
    const ends = Math.floor(this.clock.now() / 1000) + QUEUE_SESSION_SECONDS;
    const sealed = this.ring.seal(holder.name, textOf(holder.name, ends));
    if (sealed === null) throw new Error(`the key ${holder.name} is not on the ring`);
    return `${holder.name}.${ends}.${sealed.code.toString('base64url')}`;
  }

  /** Whose session it is, with the present role of that key; null when it is none, or over. */
  holderOf(token: string): ApiKeyHolder | null {
    const [, name = '', ends = '', code = ''] = TOKEN.exec(token) ?? [];
    if (name === '' || Number(ends) * 1000 <= this.clock.now()) return null;
    const sealed = this.ring.seal(name, textOf(name, Number(ends)));
    const shown = Buffer.from(code, 'base64url');
    if (sealed === null || shown.length !== sealed.code.length) return null;
    return timingSafeEqual(shown, sealed.code) ? sealed.holder : null;
  }
}

function textOf(name: string, endsSeconds: number): string {
  return `${PURPOSE}\n${name}\n${endsSeconds}`;
}
