import { parseChainFile } from "../params/chain_file.ts";
import type { Chain } from "./chains.ts";
import { configError } from "./errors.ts";

/**
 * The network that a chain file describes (made by `tidings chain new`).
 *
 * @param text  the contents of the file, not its name
 * @throws {TidingsError} CONFIG, with every fault of the file
 */
export function chainFromFile(text: string): Chain {
  const verdict = parseChainFile(text);
  if (verdict.ok) return verdict.params;
  throw configError("the chain file", verdict.errors.join("; "), "what `tidings chain new` writes");
}
