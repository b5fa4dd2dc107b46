import { h, refill, setText } from '../ui/dom.js';
import { usd, usdPerHour } from '../ui/format.js';
import { moment, tickMoments } from '../ui/ticker.js';
import { expectedPrice, insteadOf, otherBillings } from './offers.js';
import { CREATE } from './words.js';

/**
 * @typedef {import('./offers.js').Expected} Expected
 * @typedef {import('../net/api-types.js').Instance['billingMode']} BillingMode
 *
 * @typedef {{kind: 'gpu' | 'billing' | 'region', value: string, text: string}} Alternative another choice that can be had, or
 *   costs less
 */

const HOURS_PER_DAY = 24;

/**
 * What a create would cost, or why it cannot be had and what can: always in view above the button.
 *
 * @param {() => void} onReload prices and stock are wanted anew
 * @param {(alternative: Alternative) => void} onTake
 */
export function priceLine(onReload, onTake) {
  const price = h('p', { class: 'price', role: 'status' });
  const others = h('p', { class: 'price-others' });
  const asOf = h('span', { class: 'quiet' });
  const reload = h('button', { class: 'button small', type: 'button', on: { click: onReload } }, CREATE.readAnew);
  return {
    element: h(
      'div',
      { class: 'price-line' },
      h('div', { class: 'price-said' }, price, others),
      h('div', { class: 'row price-age' }, asOf, reload),
    ),
    /**
     * @param {readonly import('./offers.js').Product[]} products
     * @param {import('./offers.js').OfferRequest} request
     * @param {readonly import('./offers.js').GpuChoice[]} choices
     */
    show(products, request, choices) {
      const expected = expectedPrice(products, request);
      setText(price, priceMessage(expected, request));
      const alternatives = alternativesOf(expected, products, request, choices);
      refill(others, alternatives, () => [
        expected.kind === 'none' && alternatives.length > 0 && `${CREATE.instead} `,
        alternatives.map((alternative) =>
          h(
            'button',
            { class: 'button small', type: 'button', on: { click: () => onTake(alternative) } },
            alternative.text,
          ),
        ),
      ]);
    },
    /** @param {string} at */
    showAge(at) {
      refill(asOf, at, () => [CREATE.prices, moment(at)]);
      tickMoments(asOf, Date.now());
    },
    /** @param {string} text instead of the age */
    say(text) {
      refill(asOf, text, () => text);
    },
  };
}

/**
 * The price of a create, per hour and per day; or why there is none.
 *
 * @param {Expected} expected
 * @param {{readonly productName: string, readonly billingMode: BillingMode}} request
 */
export function priceMessage(expected, { productName, billingMode }) {
  switch (expected.kind) {
    case 'none':
      return reasonMessage(expected.reason, productName);
    case 'price': {
      const { usdPerHour: perHour, place, missingIn } = expected;
      return [
        CREATE.total(usdPerHour(perHour), place, usd(perHour * HOURS_PER_DAY)),
        missingIn === '' ? '' : CREATE.missing(missingIn),
        billingMode === 'monthly' ? CREATE.paidAhead : '',
      ]
        .filter(Boolean)
        .join(' ');
    }
  }
}

/**
 * @param {Extract<Expected, {kind: 'none'}>['reason']} reason
 * @param {string} gpu
 */
function reasonMessage(reason, gpu) {
  switch (reason) {
    case 'no-gpu':
      return CREATE.chooseGpu;
    case 'gone':
      return CREATE.gone(gpu);
    case 'not-offered':
      return CREATE.notBilledSo(gpu);
    case 'out-of-stock':
      return CREATE.outEverywhere(gpu);
    case 'disk':
      return CREATE.diskTooLarge;
  }
}

/**
 * What can be had when the choice cannot, and the region that has it for less when it can.
 *
 * @param {Expected} expected
 * @param {readonly import('./offers.js').Product[]} products
 * @param {import('./offers.js').OfferRequest} request
 * @param {readonly import('./offers.js').GpuChoice[]} choices
 * @returns {readonly Alternative[]}
 */
export function alternativesOf(expected, products, request, choices) {
  if (expected.kind === 'price') {
    const { cheaper } = expected;
    if (cheaper === null) return [];
    const [region = cheaper.name] = cheaper.name.split(' or ');
    return [{ kind: 'region', value: region, text: CREATE.take(cheaper.name, usdPerHour(cheaper.usdPerHour)) }];
  }
  if (expected.reason === 'no-gpu' || expected.reason === 'disk') return [];
  const billings = otherBillings(products, request).map(({ billingMode, usdPerHour: perHour }) => ({
    kind: /** @type {const} */ ('billing'),
    value: billingMode,
    text: CREATE.take(CREATE.billings[billingMode].split(':')[0] ?? billingMode, usdPerHour(perHour)),
  }));
  const gpus = insteadOf(choices, request.productName).map(({ name, fromUsd }) => ({
    kind: /** @type {const} */ ('gpu'),
    value: name,
    text: CREATE.take(name, CREATE.from(usdPerHour(fromUsd))),
  }));
  return [...billings, ...gpus];
}
