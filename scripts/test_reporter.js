/**
 * Prints what a person wants to know of a test run: failures whole, skips by name, what tests
 * print, and one closing line.
 *
 * @module
 */
import { relative } from "node:path";

export default async function* report(events) {
  let passed = 0;
  const failed = [];
  const skipped = [];
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    const isSkipped = data.skip !== undefined && data.skip !== false;
    // A suite is counted by its tests; one that is skipped whole has none.
    if ((data.details?.type === "suite" && !isSkipped) || isFile(data)) continue;
    if (isSkipped) skipped.push(data);
    else if (type === "test:pass") passed += 1;
    else failed.push(data);
  }
  for (const { name, skip } of skipped) {
    yield `skipped: ${name}${typeof skip === "string" ? ` (${skip})` : ""}\n`;
  }
  for (const data of failed) yield describe(data);
  yield `${passed} passed, ${failed.length} failed, ${skipped.length} skipped\n`;
}

/** The runner counts each file as a test of its own; one that fails by itself is worth naming. */
function isFile({ name, details, file }) {
  return name.endsWith(".test.js") && (details?.error === undefined || file === undefined);
}

function describe({ name, file, line, details }) {
  const error = details?.error?.cause ?? details?.error;
  const where = file === undefined ? "" : ` (${relative(process.cwd(), file)}:${line})`;
  return `\nFAILED: ${name}${where}\n${error?.stack ?? error}\n\n`;
}
