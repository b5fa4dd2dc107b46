import { fail } from './bootstrap/announce.mjs';
import { build } from './bootstrap/project.mjs';

/** `npm run build`: compiles everything into dist/, always. */
try {
  await build();
} catch (error) {
  fail(error.message);
}
