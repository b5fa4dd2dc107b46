/** Whose marker is ours. */
export abstract class OrphanOptions {
  /** Two characters. */
  abstract readonly fleetId: string;
}
