import { type Browser, chromium } from 'playwright-core';

/** It ends with the process of the tests that it belongs to. */
let shared: Promise<Browser> | null = null;

const CHEAP = [
  // What it compiles with most care runs too seldom in a test to be worth it: axe takes a tenth less time without.
  '--js-flags=--no-turbofan',
  // Frames are put together without a graphics card; a process of its own for that costs a tenth of the browser's time.
  '--in-process-gpu',
];

/**
 * A Chromium that asks nobody but the pages that it is sent to. The files of one process of tests use the same, one after
 * the other: each page has a context of its own, with nothing in it, and `closePages` leaves none to the next file.
 *
 * @param isMeasured one that compiles and draws as a user's does; in a process of its own
 */
export async function openBrowser(isMeasured = false): Promise<Browser> {
  const present = await shared?.catch(() => null);
  if (present?.isConnected() === true) return present;
  shared = chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(isMeasured ? [] : CHEAP),
    ],
  });
  return shared;
}

/** At the end of a file, also when its set-up has failed. */
export async function closePages(browser: Browser | undefined): Promise<void> {
  await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
}
