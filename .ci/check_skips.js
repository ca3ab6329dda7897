/**
 * Fails when a test was skipped that `allowed_skips.json` does not name.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const allowed = JSON.parse(readFileSync(join(import.meta.dirname, "allowed_skips.json"), "utf8"));
const skipped = readFileSync(process.argv[2], "utf8")
  .split("\n")
  .map((line) => /^\s*ok \d+ - (.*) # SKIP ?(.*)$/.exec(line))
  .filter((match) => match !== null)
  .map(([, name, reason]) => ({ name, reason }));
const unexpected = skipped.filter(({ reason }) => !allowed.some((entry) => entry.reason === reason));
console.log(`${skipped.length} skipped, ${unexpected.length} of them not on the list`);
for (const { name, reason } of unexpected) console.log(`  ${name} (${reason})`);
process.exit(unexpected.length === 0 ? 0 : 1);
