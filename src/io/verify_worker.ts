/**
 * A worker thread of the verify pool: takes part in one job after the other.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { defined } from "../base/assert.ts";
import { openJob } from "../consensus/verify_inputs.ts";
import { SignatureCache, type SignatureCacheParts } from "../script/signature_cache.ts";
import { installNodeCrypto } from "./node_crypto.ts";
import { checkPieces, jobIn, type PartAnswer, type PartRequest } from "./verify_protocol.ts";
import { yieldToMainThread } from "./yield_to_main.ts";

installNodeCrypto();
yieldToMainThread();
const port = defined(parentPort ?? undefined, "this module runs in a worker thread");

const cache = new SignatureCache(workerData as SignatureCacheParts);

port.on("message", (request: PartRequest) => port.postMessage(answer(request)));

function answer(request: PartRequest): PartAnswer {
  try {
    return { type: "checked", fault: checkPieces(request, openJob(jobIn(request), cache)) };
  } catch (error) {
    return { type: "failed", error: error instanceof Error ? String(error.stack) : String(error) };
  }
}
