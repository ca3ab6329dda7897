/**
 * The block that a new header builds on, as far as rules look at it.
 *
 * The header index satisfies it (chain/), and so does a plain array of headers in tests.
 */
export interface HeaderContext {
  readonly height: number;
  /** Unix seconds. */
  readonly time: number;
  readonly bits: number;
  readonly version: number;
  /** The median time of this block and the ten before it (BIP113). */
  readonly medianTimePast: number;
  /** The block at `height` of the chain that ends here; `height` is from 0 to this one's own. */
  ancestor(height: number): HeaderContext;
}
