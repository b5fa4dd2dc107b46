import { resolve } from 'node:path';
import { writePage } from './write-page.js';

/** The part of `npm run build` that makes the web page, from the project's folder. */
await writePage(resolve('apps/api/page'), resolve('dist/apps/api/page'));
