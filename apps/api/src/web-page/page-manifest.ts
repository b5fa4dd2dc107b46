/** What the build of the page and the server that sends it agree on. */

/** The addresses of the views; a router's patterns. Each has a form of the HTML that preloads the chunks of its view. */
export const PAGE_ADDRESSES = [
  '/',
  '/overview',
  '/activity',
  '/spend',
  '/sync',
  '/orphans',
  '/cluster',
  '/instances/:id',
] as const;
export type PageAddress = (typeof PAGE_ADDRESSES)[number];

/** What a server must know of the built page; written beside it. */
export interface PageManifest {
  /** Name of the HTML's file by the address of the view. */
  readonly views: Readonly<Record<PageAddress, string>>;
  /** Everything that is served under `/assets/`; each name holds a hash of the content. */
  readonly assets: readonly string[];
  /** Address of the icon, which holds the icon itself: a request saved. */
  readonly icon: string;
  /** Which of the assets the HTML begins with, and which is the style of pages without script. */
  readonly script: string;
  readonly style: string;
  readonly documentStyle: string;
}

/** Name of the manifest's file. */
export const MANIFEST = 'manifest.json';
/** The folder of the assets, in the built page and in addresses. */
export const ASSETS = 'assets';

/**
 * The way from an address back to the root of the service, for `<base href>`. It is relative, so that it is right below
 * whatever path a proxy shows the service, and holds nothing that a client or a proxy has sent.
 *
 * @param path as routes know it, or the pattern of one; a query counts for nothing
 */
export function wayToRoot(path: string): string {
  const [address = ''] = path.split('?', 1);
  const depth = address.split('/').length - 2;
  return depth > 0 ? '../'.repeat(depth) : './';
}
