/**
 * Thrown while a descriptor is parsed, and caught by `parseDescriptors` only, so that an error deep in
 * an expression need not be handed up by hand.
 */
export class DescriptorError extends Error {
  override readonly name = "DescriptorError";
}
