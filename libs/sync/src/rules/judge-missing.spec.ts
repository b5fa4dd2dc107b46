import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { novitaId } from '../../test/fakes/a-listed-instance.js';
import { at } from '../../test/fakes/a-run.js';
import { judgeMissing } from './judge-missing.js';

const openCreate = { startedAt: at(100), productId: 'p' };
const attempts = { creates: 1, commands: 0, lastCommandAt: null, faults: 0, openCreate };

describe('judgeMissing', () => {
  it.each<[what: string, InstanceOverrides, kind: string]>([
    ['old enough', {}, 'candidate'],
    ['never observed', { observedAt: null }, 'candidate'],
    ['made exactly the grace before', { timestamps: { created: at(940) }, observedAt: null }, 'candidate'],
    ['made within the grace', { timestamps: { created: at(941) }, observedAt: null }, 'leave'],
    ['made after the listing began', { timestamps: { created: at(1_100) }, observedAt: null }, 'leave'],
    ['seen within the grace', { observedAt: at(941) }, 'leave'],
    ['seen after the listing began', { observedAt: at(1_001) }, 'leave'],
    ['with an open create', { attempts }, 'leave'],
    ['being migrated', { status: 'migrating' }, 'leave'],
    ['made elsewhere and being migrated', { status: 'migrating', origin: 'discovered' }, 'candidate'],
    ['being deleted', { status: 'deleting' }, 'candidate'],
    ['terminated', { status: 'terminated' }, 'nothing'],
  ])('%s', (_, overrides, kind) => {
    const record = anInstance({ novitaInstanceId: novitaId(1), status: 'ready', observedAt: at(900), ...overrides });
    expect(judgeMissing(record, { startedAt: at(1_000) }, 60_000).kind).toBe(kind);
  });
});
