/**
 * A whole node under messages that nobody meant: sound ones in any order, sound ones with a few bytes
 * changed, and noise, most of them after the handshake; `TIDINGS_MESSAGES` says how many, together
 * with node_messages_v2.test.ts. `TIDINGS_SEED=n` repeats a run.
 *
 * @module
 */
import { fuzzTests } from "./fuzz_test.ts";

fuzzTests("a node stays sound, whatever its peers say", { share: 0.6, encrypted: 0 });
