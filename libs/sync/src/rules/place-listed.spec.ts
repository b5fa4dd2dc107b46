import { buildMarker, nameAtProvider } from '@app/instance-store';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { aListedInstance, novitaId } from '../../test/fakes/a-listed-instance.js';
import { at, msAt } from '../../test/fakes/a-run.js';
import { placeListed } from './place-listed.js';

const OURS = buildMarker('f1a2', '01KDVD00000000000ABCDEFGHJ');
const THEIRS = buildMarker('x9y8', '01KDVD00000000000ABCDEFGHJ');
const NOTHING = { byId: null, byMarker: null };
const context = { fleetId: 'f1a2', sight: { at: at(1_000) }, graceMs: 60_000, now: msAt(1_005) };

const plain = aListedInstance();
const marked = aListedInstance({ name: nameAtProvider('train', OURS) });
const ended = (seconds: number) =>
  anInstance({ status: 'terminated', novitaInstanceId: novitaId(1), timestamps: { terminated: at(seconds) } });

describe('placeListed', () => {
  it('takes a marker of the older form for ours only where a record has it', () => {
    const older = aListedInstance({ name: 'train-nff1abcdefghjk' });
    expect(placeListed(older, { byId: null, byMarker: null }, context)).toMatchObject({ kind: 'import' });
    const waiting = anInstance({ marker: '-nff1abcdefghjk', deadlines: { nextReconcileAt: at(1_060) } });
    expect(placeListed(older, { byId: null, byMarker: waiting }, context)).toMatchObject({ kind: 'wake' });
  });

  it('imports what was made elsewhere, and by another fleet', () => {
    expect(placeListed(plain, NOTHING, context).kind).toBe('import');
    const foreign = aListedInstance({ name: nameAtProvider('train', THEIRS) });
    expect(placeListed(foreign, NOTHING, context).kind).toBe('import');
  });

  it('adopts what carries our marker and has no record', () => {
    const placement = placeListed(marked, NOTHING, context);
    expect(placement).toEqual({ kind: 'adopt-new', marked: { name: 'train', marker: OURS, fleetId: 'f1a2' } });
  });

  it('wakes the record whose create made it, once', () => {
    const waiting = anInstance({ marker: OURS, deadlines: { nextReconcileAt: at(1_060) } });
    expect(placeListed(marked, { byId: null, byMarker: waiting }, context)).toEqual({ kind: 'wake', record: waiting });
    const due = anInstance({ marker: OURS, deadlines: { nextReconcileAt: at(1_000) } });
    expect(placeListed(marked, { byId: null, byMarker: due }, context).kind).toBe('ignore');
  });

  it('shows another one with the marker of a record that keeps its own', () => {
    const holder = anInstance({ marker: OURS, novitaInstanceId: novitaId(2) });
    expect(placeListed(marked, { byId: null, byMarker: holder }, context).kind).toBe('import');
  });

  it.each([
    ['long before the listing', 900, 'revive'],
    ['exactly the grace before it', 940, 'revive'],
    ['within the grace', 941, 'ignore'],
    ['after it began', 1_001, 'ignore'],
  ])('of one found gone %s', (_, seconds, kind) => {
    expect(placeListed(plain, { byId: ended(seconds), byMarker: null }, context).kind).toBe(kind);
    const byMarker = { ...ended(seconds), marker: OURS };
    expect(placeListed(marked, { byId: null, byMarker }, context).kind).toBe(kind);
  });

  it('leaves what has a record by now, and what the provider calls removed', () => {
    expect(placeListed(plain, { byId: anInstance(), byMarker: null }, context).kind).toBe('ignore');
    for (const known of [NOTHING, { byId: ended(0), byMarker: null }]) {
      expect(placeListed({ ...marked, status: 'removed' }, known, context).kind).toBe('ignore');
    }
  });
});
