/**
 * Agrees with a peer to reconcile transactions (BIP330), between `version` and `verack`.
 *
 * ```text
 *           we send sendtxrcncl          they send it
 *   none ───────────────────────▶ offered ───────────▶ agreed
 *                                    └──── verack ────────┴── without wtxidrelay, or no answer ──▶ none
 * ```
 *
 * Source: Bitcoin Core, node/txreconciliation.cpp and the handling of `sendtxrcncl`.
 *
 * @module
 */
import type { SendReconciliation } from "../wire/messages/send_reconciliation.ts";
import { type Introduced, type Introduction, wantsTransactions } from "./introduction.ts";
import type { PeerFeatures, Reconciliation } from "./peer.ts";

export const RECONCILIATION_VERSION = 1;
/** Transactions are reconciled by their wtxids (BIP339). */
const WTXID_RELAY_VERSION = 70_016;

/** Our offer to a peer that has just said what it can do; `undefined` when we make none. */
export function offerReconciliation(
  peer: Introduced, features: PeerFeatures, self: Introduction,
): SendReconciliation | undefined {
  const isRelaying = features.relay && !self.blocksOnly && wantsTransactions(peer, self);
  if (self.reconciliationSalt === undefined || !isRelaying || peer.type === "addr-fetch") return undefined;
  if (features.version < WTXID_RELAY_VERSION) return undefined;
  return { version: RECONCILIATION_VERSION, salt: self.reconciliationSalt };
}

export type OfferVerdict =
  | { readonly type: "agreed"; readonly reconciliation: Reconciliation; readonly text: string }
  | { readonly type: "ignored"; readonly text: string }
  /** Costs the peer its connection. */
  | { readonly type: "refused"; readonly text: string };

/** What becomes of their offer; `isLate`: their `verack` has been before it. */
export function judgeOffer(
  offer: SendReconciliation, peer: Introduced, self: Introduction, isLate: boolean,
): OfferVerdict {
  const { features, id, isInbound } = peer;
  if (self.reconciliationSalt === undefined) {
    const text = `sendtxrcncl from peer=${id} ignored, as our node does not have txreconciliation enabled`;
    return { type: "ignored", text };
  }
  if (isLate) return { type: "refused", text: "sendtxrcncl received after verack" };
  if (!wantsTransactions(peer, self)) {
    return { type: "refused", text: "sendtxrcncl received to which we indicated no tx relay" };
  }
  if (!features.relay) {
    return { type: "refused", text: "sendtxrcncl received which indicated no tx relay to us" };
  }
  const ours = features.reconciliation;
  if (ours === undefined) {
    return { type: "ignored", text: `Ignore unexpected txreconciliation signal from peer=${id}` };
  }
  const violation = "txreconciliation protocol violation";
  if (ours.name === "agreed") {
    return { type: "refused", text: `${violation} (sendtxrcncl received from already registered peer)` };
  }
  if (offer.version < RECONCILIATION_VERSION) return { type: "refused", text: violation };
  const reconciliation = { name: "agreed", salt: ours.salt, theirSalt: offer.salt } as const;
  return { type: "agreed", reconciliation, text: `Register peer=${id} (inbound=${Number(isInbound)})` };
}

/** Whether what was offered or agreed is void at their `verack`: the ids to reconcile are wtxids. */
export function isVoid({ reconciliation, wtxidRelay }: PeerFeatures): boolean {
  return reconciliation !== undefined && (reconciliation.name === "offered" || !wtxidRelay);
}
