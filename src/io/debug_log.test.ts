import assert from "node:assert/strict";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DebugLog, type DebugLogOptions, parseLogCategory, QUIET_LOG } from "./debug_log.ts";
import { coreLine, type LogEntry, terminalLine } from "./log_entry.ts";
import { LogRateLimit, RATE_WINDOW_MS, SITE_BYTES_MAX, siteOf } from "./log_rate_limit.ts";

const root = tempDir();
let logs = 0;

function openLog(options: Partial<DebugLogOptions> = {}) {
  logs += 1;
  const path = join(root, `debug${logs}.log`);
  const log = new DebugLog({ ...QUIET_LOG, path, ...options });
  return { log, path, text: () => readFileSync(path, "utf8") };
}

const ENTRY: LogEntry = {
  time: 1_763_846_220_123_456,
  mockTime: undefined,
  level: "info",
  category: undefined,
  text: "Hello",
};

test("a line has the form of Bitcoin Core's debug.log", () => {
  const line = (entry: Partial<LogEntry>, timeMicros = true, threadNames = false) =>
    coreLine({ ...ENTRY, ...entry }, { timeMicros, threadNames });
  assert.equal(line({}), "2025-11-22T21:17:00.123456Z Hello\n");
  assert.equal(line({}, false, true), "2025-11-22T21:17:00Z [main] Hello\n");
  assert.equal(
    line({ mockTime: 1_296_688_602, category: "net", level: "debug" }),
    "2025-11-22T21:17:00.123456Z (mocktime: 2011-02-02T23:16:42Z) [net] Hello\n",
  );
  assert.equal(line({ category: "net", level: "trace" }), "2025-11-22T21:17:00.123456Z [net:trace] Hello\n");
  assert.equal(line({ level: "warning" }), "2025-11-22T21:17:00.123456Z [warning] Hello\n");
  assert.equal(line({ time: 1_763_846_220_000_007, text: "ends\n" }), "2025-11-22T21:17:00.000007Z ends\n");
});

test("control characters of a peer's text are written out, newlines are kept", () => {
  assert.match(coreLine({ ...ENTRY, text: "a\x1b[2J\tb\nc\x7f" }, QUIET_LOG), / a\\x1b\[2J\\x09b\nc\\x7f\n$/);
});

test("any mock time can be written", () => {
  assert.match(coreLine({ ...ENTRY, mockTime: 2 ** 53 }, QUIET_LOG), /mocktime: 9999-12-31/);
});

test("a terminal gets the time of day and what it is about", () => {
  assert.match(terminalLine({ ...ENTRY, category: "net", level: "debug" }), /^\d\d:\d\d:\d\d {2}net {7}Hello$/);
  assert.match(terminalLine(ENTRY), /^\d\d:\d\d:\d\d {2}Hello$/);
});

test("a line is in the file when the call returns, after those of the run before", () => {
  const { log, path, text } = openLog();
  log.info("first");
  assert.match(text(), /^\S+Z first\n$/);
  log.close();
  const second = new DebugLog({ ...QUIET_LOG, path });
  second.warning("second");
  assert.match(text(), /first\n\S+Z \[warning\] second\n$/);
  second.close();
});

test("only the owner may read the log", { skip: process.platform === "win32" }, () => {
  const { log, path } = openLog();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  log.close();
});

test("a category is written while it is on, and its text is made only then", () => {
  const { log, text } = openLog({ categories: ["net"] });
  log.debug("net", () => "net is on");
  log.debug("mempool", () => assert.fail("made for nothing"));
  log.trace("net", () => assert.fail("traces are off"));
  log.set("net", false);
  log.debug("net", () => assert.fail("made for nothing"));
  log.set("mempool", true);
  log.debug("mempool", () => "mempool is on");
  assert.deepEqual([...log.enabled], ["mempool"]);
  assert.match(text(), /^\S+ \[net\] net is on\n\S+ \[mempool\] mempool is on\n$/);
  log.close();
});

test("all switches every category on, and traces follow their own switch", () => {
  const { log, text } = openLog({ categories: ["all"], isTracing: true });
  log.trace("validation", () => "deep");
  assert.match(text(), /\[validation:trace\] deep/);
  assert.equal(log.enabled.size, parseLogCategory("1")?.length);
  assert.equal(parseLogCategory("nonsense"), undefined);
  log.close();
});

test("the mock time is asked for at each line", () => {
  const { log, text } = openLog();
  let mockTime: number | undefined = 1_296_688_602;
  log.mockTime = () => mockTime;
  log.info("mocked");
  mockTime = undefined;
  log.info("real");
  assert.match(text(), /\(mocktime: 2011-02-02T23:16:42Z\) mocked\n\S+Z real\n$/);
  log.close();
});

test("reopen starts a new file where the old one was moved away", () => {
  const { log, path, text } = openLog();
  log.info("old");
  renameSync(path, `${path}.1`);
  log.reopen();
  log.info("new");
  assert.match(text(), /^\S+ new\n$/);
  log.close();
});

test("one place in the program that writes too much is cut off, said once, and others go on", () => {
  const printed: LogEntry[] = [];
  const { log, text } = openLog({ print: (entry) => printed.push(entry) });
  const long = "x".repeat(SITE_BYTES_MAX / 4);
  for (let i = 0; i < 8; i++) log.info(`peer=${i} says ${long}`);
  log.info("Another place");
  const written = text().replaceAll(long, "LONG");
  assert.equal(written.match(/LONG/g)?.length, 4);
  assert.equal(written.match(/Excessive logging detected from "info peer"/g)?.length, 1);
  assert.match(written, /\[\*\] \S+ Another place/);
  assert.equal(printed.length, 9);
  log.close();
});

test("without the limit everything is written", () => {
  const { log, path } = openLog({ isRateLimited: false });
  for (let i = 0; i < 5; i++) log.info("x".repeat(SITE_BYTES_MAX / 2));
  assert.ok(statSync(path).size > 2 * SITE_BYTES_MAX);
  writeFileSync(path, "");
  log.close();
});

test("what a window dropped is told when the next begins", () => {
  const limit = new LogRateLimit();
  assert.deepEqual(limit.nextWindow(RATE_WINDOW_MS), []);
  assert.equal(limit.consume("a", SITE_BYTES_MAX), "write");
  assert.equal(limit.consume("a", 10), "last");
  assert.equal(limit.consume("a", 10), "drop");
  assert.equal(limit.consume("b", 10), "write");
  assert.equal(limit.nextWindow(2 * RATE_WINDOW_MS - 1), undefined);
  assert.deepEqual(limit.nextWindow(2 * RATE_WINDOW_MS), [{ site: "a", bytes: 10 }]);
  assert.equal(limit.consume("a", 10), "write");
});

test("places are told apart by the fixed beginning of their text", () => {
  assert.equal(siteOf("info", "peer=12 did"), siteOf("info", "peer=7 did not"));
  assert.notEqual(siteOf("info", "peer=12"), siteOf("error", "peer=12"));
  assert.notEqual(siteOf("info", "UpdateTip: new"), siteOf("info", "Pre-synchronizing"));
});

test("texts without number cannot make the table of places grow for ever", () => {
  const limit = new LogRateLimit();
  limit.nextWindow(RATE_WINDOW_MS);
  for (let i = 0; i < 5_000; i++) limit.consume(`site ${i}`, SITE_BYTES_MAX / 1_000);
  assert.equal(limit.consume("yet another", 1), "drop");
});
