import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_CATEGORIES, silentLogger } from "./logger.ts";

test("categories have one name each, in lower case", () => {
  assert.equal(new Set(LOG_CATEGORIES).size, LOG_CATEGORIES.length);
  for (const category of LOG_CATEGORIES) assert.match(category, /^[a-z0-9]+$/);
});

test("the silent logger does not even compose its lines", () => {
  silentLogger.debug("net", () => assert.fail("composed"));
  silentLogger.trace("net", () => assert.fail("composed"));
  for (const write of [silentLogger.info, silentLogger.warning, silentLogger.error]) write("nothing");
});
