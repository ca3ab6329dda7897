import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../base/bytes.ts";
import type { UnixSeconds } from "../base/time.ts";
import { parseAddress } from "../primitives/host_text.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { MessageCapture } from "./message_capture.ts";

test("a message is written down as Bitcoin Core writes it: time, type, length and payload", () => {
  const clock = new VirtualClock(1_700_000_000 as UnixSeconds);
  const written: (readonly [string, string])[] = [];
  const capture = new MessageCapture(clock, (name, bytes) => void written.push([name, toHex(bytes)]));
  const address = parseAddress("[::1]:18444", 0) ?? assert.fail();
  capture.note(address, "recv", "ping", fromHex("0102030405060708"));
  capture.note(address, "sent", "sendcmpctxyz!", fromHex(""));
  // 1,700,000,000 seconds are 0x60a24181e4000 microseconds.
  assert.deepEqual(written, [
    ["message_capture/[__1]_18444/msgs_recv.dat",
      "00401e18240a0600" + "70696e670000000000000000" + "08000000" + "0102030405060708"],
    ["message_capture/[__1]_18444/msgs_sent.dat",
      "00401e18240a0600" + "73656e64636d70637478797a" + "00000000"],
  ]);
});
