/**
 * Tells in the node's one event log what the chain and the mempool did.
 *
 * @module
 */
import type { Clock } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { MempoolEvent } from "../mempool/mempool.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { NodeEvent, NodeEventBody } from "./event.ts";

export class EventSource {
  readonly #clock: Clock;
  readonly #emit: (event: NodeEvent) => void;
  #lastSeq = 0;
  #wasInitialDownload = true;

  constructor(clock: Clock, emit: (event: NodeEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Numbers an event in the order in which it happened, and says when. */
  emit(body: NodeEventBody): void {
    this.#lastSeq += 1;
    this.#emit({ ...body, seq: this.#lastSeq, time: this.#clock.now() / 1000 });
  }

  chain(event: ChainEvent, chain: ChainState): void {
    switch (event.type) {
      case "background-connected":
      case "background-disconnected":
      case "snapshot-validated":
        return;
      case "snapshot-activated":
        return this.emit({ type: "chain:tip", data: where(chain, event.base) });
      case "header-accepted":
        return this.emit({ type: "header:accepted", data: where(chain, event.id) });
      case "block-connected": {
        const { transactionCount, bytes } = event.block;
        const sizes = { transactions: transactionCount, bytes: bytes.length };
        const data = { ...where(chain, event.id), ...sizes, ...from(event.source) };
        return this.emit({ type: "block:connected", data });
      }
      case "block-disconnected":
        return this.emit({ type: "block:disconnected", data: where(chain, event.id) });
      case "tip-changed":
        return this.#tipChanged(event, chain);
      case "block-checked": {
        const { violation, hash, source } = event;
        if (violation === undefined) return;
        const data = { hash: displayHash(hash), ...violation, ...from(source) };
        this.emit({ type: "block:rejected", data });
      }
    }
  }

  /** `peer`: who sent it, if a peer did. */
  mempool(event: MempoolEvent, peer: PeerId | undefined): void {
    const { transaction, fee } = event.entry;
    const txid = displayHash(transaction.txid);
    if (event.type === "tx-removed") {
      return this.emit({ type: "tx:removed", data: { txid, reason: event.reason } });
    }
    const { vsize, wtxid } = transaction;
    this.emit({ type: "tx:accepted", data: { txid, wtxid: displayHash(wtxid), vsize, fee, ...from(peer) } });
  }

  transactionRejected(
    { txid }: Transaction, { rule, detail }: RuleViolation, peer: PeerId | undefined,
  ): void {
    this.emit({ type: "tx:rejected", data: { txid: displayHash(txid), rule, detail, ...from(peer) } });
  }

  #tipChanged(
    { from: old, to, fork }: ChainEvent & { readonly type: "tip-changed" }, chain: ChainState,
  ): void {
    const { headers } = chain;
    this.emit({ type: "chain:tip", data: where(chain, to) });
    if (fork !== old) {
      const hash = (id: BlockId): string => displayHash(headers.hash(id));
      const depth = headers.height(old) - headers.height(fork);
      this.emit({ type: "chain:reorg", data: { from: hash(old), to: hash(to), fork: hash(fork), depth } });
    }
    if (!this.#wasInitialDownload || chain.isInitialBlockDownload) return;
    this.#wasInitialDownload = false;
    this.emit({ type: "sync:done", data: { height: headers.height(to) } });
  }
}

function where({ headers }: ChainState, id: BlockId): { readonly hash: string; readonly height: number } {
  return { hash: displayHash(headers.hash(id)), height: headers.height(id) };
}

function from(peer: number | undefined): { readonly peer?: PeerId } {
  return peer === undefined ? {} : { peer: peer as PeerId };
}
