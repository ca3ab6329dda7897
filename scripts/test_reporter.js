/**
 * Prints what a person wants to know of a test run: failures whole, skips by name, what tests
 * print, which test hung, and one closing line.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

export default async function* report(events) {
  let passed = 0;
  const failed = [];
  const skipped = [];
  const running = new Set();
  for await (const { type, data } of events) {
    if (type === "test:dequeue") running.add(data);
    if (type === "test:complete") for (const each of running) if (isSame(each, data)) running.delete(each);
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    const isSkipped = data.skip !== undefined && data.skip !== false;
    // A suite is counted by its tests; one that is skipped whole has none.
    if ((data.details?.type === "suite" && !isSkipped) || isFile(data)) continue;
    if (isSkipped) skipped.push(data);
    else if (type === "test:pass") passed += 1;
    else if (!isHung(data)) failed.push(data);
    else failed.push({ ...data, hung: [...running].filter((each) => isIn(each, data)) });
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

function isSame(a, b) {
  return a.name === b.name && a.file === b.file && a.nesting === b.nesting;
}

/** Of a file. Of a test that holds the loop nothing is heard: then the one before it is named. */
function isHung({ name, details }) {
  return name.endsWith(".test.js") && details?.error?.failureType === "testTimeoutFailure";
}

/** Whether a test is of the file that the runner started, or of one that it imports (scripts/test.js). */
function isIn({ name, file }, { file: started }) {
  if (name === started || file === undefined) return false;
  return file === started || readFileSync(started, "utf8").includes(relative(process.cwd(), file));
}

function describe({ name, file, line, details, hung = [] }) {
  const error = details?.error?.cause ?? details?.error;
  const tests = hung.map((each) => `  last heard of at "${each.name}"${place(each)}\n`).join("");
  return `\nFAILED: ${name}${place({ file, line })}\n${error?.stack ?? error}\n${tests}\n`;
}

function place({ file, line }) {
  return file === undefined ? "" : ` (${relative(process.cwd(), file)}:${line})`;
}
