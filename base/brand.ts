declare const brand: unique symbol;

/** A `T` that counts or names one thing only: `Brand<number, "View">` is not a height. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
