/**
 * As node_messages.test.ts, with a node and most of its peers that speak the encrypted transport.
 *
 * @module
 */
import { fuzzTests } from "./fuzz_test.ts";

fuzzTests("a node stays sound, whatever its peers say under encryption", { share: 0.4, encrypted: 8 });
