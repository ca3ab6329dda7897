/**
 * A worker that opens connections to a node on regtest, and holds them: it answers pings, and reads and
 * forgets everything else.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { openPeers } from "./held_peer.ts";

export interface HoldRequest {
  readonly port: number;
  readonly count: number;
}

installNodeCrypto();
const { port, count } = workerData as HoldRequest;
await openPeers(port, count);
parentPort?.postMessage("held");
