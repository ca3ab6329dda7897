/**
 * `npm run vectors -- [--crypto NAME] FILE…`: runs files of published test vectors.
 *
 * @module
 */
import { UsageError } from "../../src/cli/core_flags.ts";
import { nodeFlag } from "../../src/cli/node_flags.ts";
import { isOn, lastText, readFlags } from "../../src/cli/tidings_flags.ts";
import { signatureBackend, useSignatures } from "../../src/io/node_crypto.ts";
import { SIGNATURE_BACKENDS } from "../../src/io/signature_backends.ts";
import { failuresOf } from "./vector_format.ts";
import { readVectorFile, VECTOR_FORMATS, VectorFileError } from "./vector_files.ts";

const HELP = `Usage: npm run vectors -- [--crypto ${SIGNATURE_BACKENDS.join("|")}] FILE…

Runs files of published test vectors, and prints each row that does not end as it says. The format is told
by what a file holds: ${VECTOR_FORMATS.map(({ name }) => name).join(", ")}.
Rows are counted from 1, comments among them. Ends with "N passed, N failed"; the exit code is 0 when
all passed, and 1 when a row failed or a file could not be run.
`;

/** The exit code. */
export function runVectors(argv: readonly string[], write: (text: string) => void): number {
  try {
    const read = readFlags(argv, [nodeFlag("crypto")]);
    if (isOn(read, "help")) {
      write(HELP);
      return 0;
    }
    if (read.words.length === 0) throw new UsageError("need a FILE");
    useSignatures(lastText(read, "crypto"));
    write(`signatures ${signatureBackend()}\n`);
    return runFiles(read.words, write);
  } catch (error) {
    // By its name: a library that is asked for and not here is the user's to hear of.
    const isForUser = error instanceof UsageError ||
      (error instanceof Error && error.name === "SignatureBackendError");
    if (!isForUser) throw error;
    write(`vectors: ${error.message}\n`);
    return 1;
  }
}

function runFiles(files: readonly string[], write: (text: string) => void): number {
  let passed = 0;
  let failed = 0;
  let unreadable = 0;
  for (const path of files) {
    const found = runFile(path, write);
    if (found === undefined) unreadable++;
    passed += found?.passed ?? 0;
    failed += found?.failed ?? 0;
  }
  if (unreadable > 0) write(`${unreadable} of ${files.length} files could not be run\n`);
  write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && unreadable === 0 ? 0 : 1;
}

/** `undefined` when it could not be run at all. */
function runFile(
  path: string, write: (text: string) => void,
): { readonly passed: number; readonly failed: number } | undefined {
  try {
    const { format, content } = readVectorFile(path);
    const cases = format.cases(content, true);
    if (cases.length === 0) throw new VectorFileError(`${path}: holds no ${format.name}`);
    const failures = failuresOf(cases);
    for (const { row, expected, found } of failures) {
      write(`${path}: row ${row}: expected ${expected}, found ${found}\n`);
    }
    write(`${path}: ${format.name}: ${cases.length - failures.length} passed, ${failures.length} failed\n`);
    return { passed: cases.length - failures.length, failed: failures.length };
  } catch (error) {
    if (!(error instanceof VectorFileError)) throw error;
    write(`${error.message}\n`);
    return undefined;
  }
}
