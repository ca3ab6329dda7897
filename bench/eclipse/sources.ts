/**
 * Of which sources a result of the study was made: it takes half an hour, so nobody makes it for each change.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What decides the result most: the address book, whom a node dials and lets in, and the attack itself. */
const DECIDING = [/^addrbook\//, /^connections\//, /^sim\/eclipse/];

export interface SourcesMark {
  /** Of package.json. */
  readonly version: string;
  /** The first half of a SHA-256 over the names and texts of the files. */
  readonly sources: string;
}

/** `root`: that of the repository. */
export function sourcesMark(root: string): SourcesMark {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Pick<SourcesMark, "version">;
  const hash = createHash("sha256");
  const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  for (const path of paths.map((each) => each.replaceAll("\\", "/")).sort()) {
    if (!path.endsWith(".ts") || path.endsWith(".test.ts")) continue;
    if (DECIDING.some((pattern) => pattern.test(path))) {
      hash.update(`${path}\n${readFileSync(join(root, "src", path), "utf8")}`);
    }
  }
  return { version, sources: hash.digest("hex").slice(0, 32) };
}
