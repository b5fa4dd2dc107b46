import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Lets plain Node run the sources, so that the process is tested without a build. */
registerHooks({
  resolve(specifier, context, next) {
    const lib = /^@app\/([a-z-]+)$/.exec(specifier);
    if (lib !== null) return next(pathToFileURL(`libs/${lib[1]}/src/index.ts`).href, context);
    const ours = specifier.startsWith('.') && context.parentURL?.endsWith('.ts') === true;
    return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
