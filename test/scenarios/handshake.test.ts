import { fromHex } from "../../src/base/bytes.ts";
import { milliseconds, seconds } from "../../src/base/time.ts";
import type { ConnectionType, Permission } from "../../src/peer/peer.ts";
import type { Message, MessageType } from "../../src/wire/message.ts";
import { PeerBench, versionOf } from "../support/peer_bench.ts";
import { runScenario } from "./scenario.ts";

/**
 * `open TYPE [PERMISSION…]`, `ID MESSAGE [key=value…]`, `ID raw TYPE [HEX]`, `ID bytes HEX`,
 * `advance 3s|1ms`, `self key=value`. Answers with all that happened.
 */
function startBench(): (command: string) => string {
  const bench = new PeerBench(seconds(3));
  return (command) => {
    bench.happened.length = 0;
    carryOut(bench, command.split(" "));
    return bench.happened.join("\n");
  };
}

function carryOut(bench: PeerBench, [verb = "", second = "", ...rest]: readonly string[]): void {
  if (verb === "open") {
    bench.open(second as ConnectionType, rest as Permission[]);
  } else if (verb === "advance") {
    const count = Number.parseInt(second, 10);
    bench.advance(second.endsWith("ms") ? milliseconds(count) : seconds(count));
  } else if (verb === "self") {
    const [key = "", value] = second.split("=");
    Object.assign(bench.self, { [key]: value === "true" });
  } else if (second === "raw") {
    bench.raw(bench.at(Number(verb)), rest[0] ?? "", fromHex(rest[1] ?? ""));
  } else if (second === "bytes") {
    bench.bytes(bench.at(Number(verb)), fromHex(rest[0] ?? ""));
  } else {
    bench.from(bench.at(Number(verb)), messageOf(bench, second as MessageType, rest));
  }
}

function messageOf(bench: PeerBench, type: MessageType, settings: readonly string[]): Message {
  const given = new Map(settings.map((each) => each.split("=") as [string, string]));
  if (type === "version") {
    const nonce = given.get("nonce") === "ours" ? nonceOf(bench) : 1234n;
    return {
      type,
      value: versionOf({
        nonce,
        version: Number(given.get("version") ?? 70_017),
        services: BigInt(given.get("services") ?? 9),
        userAgent: given.get("ua") ?? "/peer:1.0/",
        relay: given.get("relay") !== "0",
      }),
    };
  }
  if (type === "ping") return { type, value: { nonce: 5n } };
  if (type === "sendcmpct") {
    return { type, value: { announce: false, version: BigInt(given.get("version") ?? 2) } };
  }
  if (type === "feature") return { type, value: { id: given.get("id") ?? "test", data: new Uint8Array(0) } };
  if (type === "sendtxrcncl") return { type, value: { version: 1, salt: 1n } };
  return { type, value: null } as Message;
}

/** The nonce of the first of our dials that waits for a version. */
function nonceOf(bench: PeerBench): bigint {
  for (const { handshake, isInbound, isClosing } of bench.connections) {
    if (!isInbound && !isClosing && handshake.name === "awaiting-version") return handshake.nonce;
  }
  throw new RangeError("Cannot find our nonce: nobody was dialled");
}

runScenario("handshake_inbound.txt", startBench);
runScenario("handshake_outbound.txt", startBench);
runScenario("handshake_refusals.txt", startBench);
runScenario("handshake_timeouts.txt", startBench);
