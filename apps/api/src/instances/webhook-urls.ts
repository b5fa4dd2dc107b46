import { Settings, validationFailed } from '@app/platform';
import { type AddressRules, addressRulesOf, webhookOptionsOf, webhookUrlViolation } from '@app/webhooks';
import { Injectable } from '@nestjs/common';

/** Whether webhooks may be sent to an address, as far as it says so itself: what its name resolves to is checked when it is used. */
@Injectable()
export class WebhookUrls {
  private readonly rules: AddressRules;

  constructor(settings: Settings) {
    this.rules = addressRulesOf(webhookOptionsOf(settings));
  }

  /**
   * @param url nothing is wrong with none
   * @param pointer of the member in the body
   * @throws Problem `validation-failed`
   */
  check(url: string | null | undefined, pointer: string): void {
    const violation = url === null || url === undefined ? null : webhookUrlViolation(url, this.rules);
    if (violation !== null) throw validationFailed([{ pointer, detail: violation }]);
  }
}
