import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import type { Message } from "../wire/message.ts";
import { UnservedMessages } from "./unserved_messages.ts";

const NONE = new Uint8Array(0);
const FILTER = { data: NONE, hashFunctions: 1, tweak: 0, flags: 0 };

const REQUESTS: readonly (readonly [message: Message, reason: string, log: string])[] = [
  [{ type: "filterload", value: FILTER }, "bloom-filter-unserved",
    "filterload received despite not offering bloom services, disconnecting peer=0"],
  [{ type: "filteradd", value: { data: NONE } }, "bloom-filter-unserved",
    "filteradd received despite not offering bloom services, disconnecting peer=0"],
  [{ type: "filterclear", value: null }, "bloom-filter-unserved",
    "filterclear received despite not offering bloom services, disconnecting peer=0"],
];

for (const [message, reason, log] of REQUESTS) {
  test(`${message.type} costs the connection, since we do not offer what it asks for`, () => {
    const outbox = new ProtocolBench();
    outbox.protocols.push(new UnservedMessages({ logger: outbox.logger, outbox }));
    const peer = outbox.open();
    outbox.from(peer, message);
    assert.deepEqual(outbox.dropped(peer), [reason]);
    assert.ok(outbox.logged(log));
  });
}
