/** Whose marker is ours. */
export abstract class OrphanOptions {
  /** Four characters. */
  abstract readonly fleetId: string;
}
