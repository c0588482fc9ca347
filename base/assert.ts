/** Stops the process on a broken invariant of our own; never used on what a peer or caller sent. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(invariant);
}

/** Closes a `switch` over a union: adding a member without a case no longer compiles. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}

export class AssertionError extends Error {
  override name = "AssertionError";
}
