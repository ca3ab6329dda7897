import assert from "node:assert/strict";
import { test } from "node:test";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { readPeerOptions } from "./peer_plan.ts";
import { Settings } from "./settings.ts";

function read(...argv: string[]) {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return readPeerOptions(settings);
}

test("nothing is limited, offered or captured unless it is asked for", () => {
  assert.deepEqual(read(), { maxUploadBytes: 0, reconciles: false, capturesMessages: false });
  assert.deepEqual(read("-maxuploadtarget=1", "-txreconciliation", "-capturemessages"), {
    maxUploadBytes: 1024 * 1024, reconciles: true, capturesMessages: true,
  });
});

test("an upload target is in MiB, or in the unit that its last letter names", () => {
  const cases = [["800M", 800 * 1024 ** 2], ["800m", 800e6], ["3k", 3000], ["3K", 3072], ["1G", 1024 ** 3],
    ["1g", 1e9], ["1T", 1024 ** 4], ["1t", 1e12], ["0", 0]] as const;
  for (const [text, bytes] of cases) assert.equal(read(`-maxuploadtarget=${text}`).maxUploadBytes, bytes);
});

test("what is no number of bytes is refused in Bitcoin Core's words", () => {
  for (const text of ["abc", "1X", "-1", "1.5M", "9999999999999999T", ""]) {
    assert.throws(() => read(`-maxuploadtarget=${text}`), (error) => {
      return error instanceof UsageError && error.message === `Unable to parse -maxuploadtarget: '${text}'`;
    });
  }
});
