/**
 * `npm run vectors -- FILE…`: runs files of published test vectors (test/vectors/run_vectors.ts).
 *
 * @module
 */
import { ensureBuilt } from "./ensure_built.js";

ensureBuilt();
const { runVectors } = await import("../dist/test/vectors/run_vectors.js");
process.exitCode = runVectors(process.argv.slice(2), (text) => process.stdout.write(text));
