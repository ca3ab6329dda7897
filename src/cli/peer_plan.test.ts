import assert from "node:assert/strict";
import { test } from "node:test";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { planPeers } from "./peer_plan.ts";
import { Settings } from "./settings.ts";

function read(...argv: string[]) {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return planPeers(settings);
}

test("nothing is limited, offered or captured unless it is asked for", () => {
  assert.deepEqual(read(), {
    v2Transport: true, blocksOnly: false, peerBloomFilters: false, maxUploadBytes: 0,
    queueLimits: { receiveBytes: 5_000_000, sendBytes: 1_000_000 }, reconciles: false,
    capturesMessages: false,
  });
  assert.deepEqual(read(
    "-v2transport=0", "-blocksonly", "-peerbloomfilters", "-maxuploadtarget=1", "-maxreceivebuffer=7",
    "-maxsendbuffer=0", "-txreconciliation", "-capturemessages",
  ), {
    v2Transport: false, blocksOnly: true, peerBloomFilters: true, maxUploadBytes: 1024 * 1024,
    queueLimits: { receiveBytes: 7_000, sendBytes: 0 }, reconciles: true, capturesMessages: true,
  });
});

test("what waits for a peer cannot be less than nothing", () => {
  assert.throws(() => read("-maxsendbuffer=-1"), UsageError);
  assert.throws(() => read("-maxreceivebuffer=-1"), UsageError);
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
