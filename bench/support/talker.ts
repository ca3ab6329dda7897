/**
 * A worker with peers that have something to say: each pings the node now and then, announces
 * transactions that it has heard of, and one in some of them asks for what it is told of.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { decodeMessage } from "../../src/wire/message.ts";
import type { InventoryItem } from "../../src/wire/messages/inventory.ts";
import { type HeldPeer, openPeers } from "./held_peer.ts";
import type { HoldRequest } from "./holder.ts";

/** Milliseconds between two words of one peer. */
const INTERVAL = 10_000;
/** One in so many asks for all that it is told of. */
const ASKING = 20;
/** Transactions in an announcement. */
const ANNOUNCED = 5;
const HEARD_MAX = 200;

/** Heard of lately, by any of them. */
const heard: InventoryItem[] = [];

function listen(peer: HeldPeer, isAsking: boolean): void {
  peer.onMessage = (type, payload) => {
    if (type !== "inv") return;
    const message = decodeMessage("inv", payload);
    if (message.type !== "inv") return;
    const { items } = message.value;
    heard.push(...items.slice(0, ANNOUNCED));
    if (heard.length > HEARD_MAX) heard.splice(0, heard.length - HEARD_MAX);
    if (isAsking) peer.send({ type: "getdata", value: { items } });
  };
}

function talk(peer: HeldPeer, at: number): void {
  peer.send({ type: "ping", value: { nonce: BigInt(at + 1) } });
  const start = at % Math.max(1, heard.length - ANNOUNCED);
  const items = heard.slice(start, start + ANNOUNCED);
  if (items.length > 0) peer.send({ type: "inv", value: { items } });
}

installNodeCrypto();
const { port, count } = workerData as HoldRequest;
const peers = await openPeers(port, count);
for (const [at, peer] of peers.entries()) listen(peer, at % ASKING === 0);
let next = 0;
setInterval(() => {
  const peer = peers[next % peers.length];
  if (peer !== undefined) talk(peer, next);
  next += 1;
}, INTERVAL / count);
parentPort?.postMessage("held");
