/**
 * A local network of real nodes inside your program, for tests and for trying things out.
 *
 * ```js
 * import { devnet } from "tidings/devnet";
 *
 * const net = await devnet({ nodes: { alice: "miner", bob: "full", carol: "pruned" } });
 * const { txid } = await net.send(net.wallet().address("p2tr"), 50_000n);
 * await net.until.inMempool(txid);
 * await net.mine(1);
 * await net.until.sameTip();
 * await net.close();
 * ```
 *
 * The nodes follow regtest's rules, without exception; coins of the first blocks can be spent from
 * the first line on.
 *
 * @module
 */
export type { Devnet, DevnetEventOf, NetEvents } from "./devnet.ts";
export type { DevnetNode } from "./devnet_node.ts";
export type { DevnetWallet, SendOptions, Sent, WalletAddress } from "./devnet_wallet.ts";
export type { DevnetOptions } from "./options.ts";
export type { BlockSpread, Spread, TxSpread } from "./spread.ts";
export { devnet } from "./start.ts";
export type { NodeRole } from "./topology.ts";
export type { Until, UntilOptions } from "./until.ts";
