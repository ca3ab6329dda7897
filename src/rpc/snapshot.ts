/** All unspent coins, for methods that go through them. @module */
import { defined } from "../base/assert.ts";
import type { CoinsSnapshot } from "../chain/coins_scan.ts";
import type { Call } from "./method.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";
import type { RpcHost } from "./rpc_host.ts";

/** @throws {RpcError} when the node is being stopped */
export async function openSnapshot(host: RpcHost): Promise<CoinsSnapshot> {
  const snapshot = await host.scanCoins();
  if (snapshot === undefined) throw shuttingDown();
  return snapshot;
}

/** Turns true when the node is asked to stop. */
export function stopFlag(host: RpcHost): () => boolean {
  let isStopping = false;
  void host.stopping.then(() => {
    isStopping = true;
  });
  return () => isStopping;
}

export function heightOf({ host }: Call, { head }: CoinsSnapshot): number {
  const { headers } = host.core.chain;
  return headers.height(defined(headers.find(head), "coins are as of a block of ours"));
}

export function shuttingDown(): RpcError {
  return new RpcError(RPC_CODE.notConnected, "Shutting down");
}
