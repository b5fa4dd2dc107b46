/** Why a text is not a valid value. Never holds the text itself: it may be a secret. */
export class Fault {
  constructor(readonly problem: string) {}
}
