/** Thrown when this program is wrong. Never thrown for anything a peer, a file or a user did. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Checks something this program guarantees. Stays on in production. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new InvariantError(`Invariant broken: ${claim}`);
}

/** `value`, which this program guarantees to be there. */
export function defined<T>(value: T | undefined, claim: string): T {
  if (value === undefined) throw new InvariantError(`Invariant broken: ${claim}`);
  return value;
}

/** Marks the branch the type checker has proved empty; adding a variant makes it fail to compile. */
export function unreachable(value: never): never {
  throw new InvariantError(`Invariant broken: unexpected ${JSON.stringify(value)}`);
}
