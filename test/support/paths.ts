import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder that holds package.json, wherever the compiled tests stand. */
export const repoRoot = findRoot(import.meta.dirname);

/** A file of the published vectors and real blocks that lie beside the repository. */
export function sharedPath(...parts: readonly string[]): string {
  return join(repoRoot, "..", "shared", ...parts);
}

/** Whether they are there: a clone by itself does without them. */
const hasShared = existsSync(sharedPath("vectors"));

/** For the `skip` option of a test that reads them. */
export const skipWithoutShared = hasShared ? false : "needs ../shared";

function findRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder));
}
