export {
  CatalogueMirror,
  MIRRORED_KINDS,
  type Mirrored,
  type MirroredItems,
  type MirroredKind,
  MirrorUnavailableError,
} from './catalogue-mirror.js';
export { CatalogueMirrorModule } from './catalogue-mirror.module.js';
export { MemoryCatalogueMirror } from './memory-catalogue-mirror.js';
