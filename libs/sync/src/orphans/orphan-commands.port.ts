import type { NovitaInstanceId, StoredInstance } from '@app/instance-store';

/**
 * `ours-lost`: carries this fleet's marker, and no record of ours owns it. `foreign`: carries the marker of another
 * fleet. `unknown`: carries none.
 */
export type OrphanClass = 'ours-lost' | 'foreign' | 'unknown';

export interface Orphan {
  readonly stored: StoredInstance;
  readonly class: OrphanClass;
  /** Our id of the record that carries the same marker, when one does: it keeps another instance. */
  readonly markerHeldBy: string | null;
}

/** Instances at the provider that no record of ours owns. Every refusal is a `Problem`. */
export abstract class OrphanCommands {
  /** What discovered records are, in their order. */
  abstract describe(discovered: readonly StoredInstance[]): Promise<readonly Orphan[]>;

  /** From now on it is managed as if it had been made here; what it does at present becomes what is wished. */
  abstract adopt(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;

  /** It is not shown as an orphan any more. */
  abstract ignore(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;

  /** It is shown as an orphan again. */
  abstract unignore(id: NovitaInstanceId): Promise<StoredInstance>;

  /** Adopts it and has it stopped. */
  abstract stop(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;
}
