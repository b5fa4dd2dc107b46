/** How many instances the provider may still be asked about in one check, so that it does not starve the life cycle. */
export class AskBudget {
  constructor(private left: number) {}

  /** @returns whether one more may be asked about */
  take(): boolean {
    if (this.left <= 0) return false;
    this.left -= 1;
    return true;
  }
}
