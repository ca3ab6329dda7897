/**
 * The worker thread of `MuHashThread`.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { defined } from "../base/assert.ts";
import { type MuHashChange, muhashFactor } from "../crypto/muhash.ts";
import { installNodeCrypto } from "./node_crypto.ts";
import { yieldToMainThread } from "./yield_to_main.ts";

installNodeCrypto();
yieldToMainThread();
const port = defined(parentPort ?? undefined, "this module runs in a worker thread");

port.on("message", (change: MuHashChange) => port.postMessage(muhashFactor(change)));
