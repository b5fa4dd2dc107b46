declare const brand: unique symbol;

/**
 * A value that the type checker keeps apart from others of the same shape, so that an id of ours is never passed
 * where an id of the provider is wanted. Two libraries that name the same brand mean the same type.
 */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
