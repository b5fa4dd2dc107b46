import { ProcessSettings, validationFailed } from '@app/platform';
import { type AddressRules, addressRulesOf, WebhookSettings, webhookUrlViolation } from '@app/webhooks';
import { Injectable } from '@nestjs/common';

/** Whether webhooks may be sent to an address, as far as it says so itself: what its name resolves to is checked when it is used. */
@Injectable()
export class WebhookUrls {
  private readonly rules: AddressRules;

  constructor({ WEBHOOK_ALLOW_PRIVATE_ADDRESSES }: WebhookSettings, { NODE_ENV }: ProcessSettings) {
    this.rules = addressRulesOf({
      allowPrivateAddresses: WEBHOOK_ALLOW_PRIVATE_ADDRESSES,
      httpsOnly: NODE_ENV === 'production',
    });
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
