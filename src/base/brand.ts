declare const brand: unique symbol;

/**
 * A `T` the compiler will not confuse with any other `T`.
 *
 * Costs nothing at run time. Make one only through the function that checks it, so
 * that holding a `Height` is proof that someone looked.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
