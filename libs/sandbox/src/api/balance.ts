import { type Answer, type ApiContext, type ApiRequest, json } from './operation.js';

/** Strings in 1/10000 USD, unlike product prices. */
export function getBalance(_request: ApiRequest, { world }: ApiContext): Answer {
  const empty = world.interference.balanceEmpty();
  return json({
    availableBalance: empty ? '0' : '2500000',
    cashBalance: empty ? '0' : '2000000',
    creditLimit: empty ? '0' : '500000',
    outstandingInvoices: '0',
  });
}
