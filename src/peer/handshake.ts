/**
 * How two nodes introduce themselves, before anything else is said.
 *
 * ```text
 *   outbound: version sent ─┐
 *                           ▼         their version             their verack
 *   inbound ───────▶ awaiting-version ─────────────▶ awaiting-verack ───────────▶ complete
 *                                     version (inbound),          sendcmpct
 *                                     wtxidrelay, sendaddrv2,
 *                                     sendtxrcncl, verack
 * ```
 *
 * What a peer can do is agreed between `version` and `verack` (BIP155, BIP330, BIP339, BIP434), but
 * `sendheaders` (BIP130) and `sendcmpct` (BIP152), which may come at any time.
 *
 * A pure function of its inputs. Order, refusals and log texts are those of Bitcoin Core
 * (net_processing.cpp, ProcessMessage).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { sanitize } from "../base/safe_text.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { SendReconciliation } from "../wire/messages/send_reconciliation.ts";
import type { Version } from "../wire/messages/version.ts";
import type { DisconnectReason } from "./disconnect_reason.ts";
import {
  featuresOf, type Introduced, type Introduction, isAnonymous, mustServe, ourVersion, servicesWanted,
} from "./introduction.ts";
import type { PeerFeatures } from "./peer.ts";
import { isVoid, judgeOffer, offerReconciliation } from "./reconciliation.ts";

/** Older nodes know no headers. */
export const PROTOCOL_VERSION_MIN = 31_800;
/** `wtxidrelay`; `sendaddrv2` is kept back from older ones too, which may not like what they do not know. */
const WTXID_RELAY_VERSION = 70_016;
const FEATURE_VERSION = 70_017;
const COMPACT_BLOCKS_PROTOCOL_VERSION = 70_014;
/** The version of compact blocks with witnesses, the only one in use. */
export const COMPACT_BLOCKS_VERSION = 2;

export type HandshakeState =
  /** `nonce`: that of our own `version`, sent (outbound) or to be sent (inbound). */
  | { readonly name: "awaiting-version"; readonly nonce: bigint }
  | { readonly name: "awaiting-verack"; readonly theirVersion: number }
  | { readonly name: "complete" };

export type HandshakeEffect =
  | { readonly type: "send"; readonly message: Message }
  | { readonly type: "features"; readonly features: PeerFeatures }
  | { readonly type: "log"; readonly level: "debug" | "info"; readonly text: string }
  | { readonly type: "disconnect"; readonly reason: DisconnectReason };

export interface HandshakeStep {
  readonly state: HandshakeState;
  readonly effects: readonly HandshakeEffect[];
}

/** The first step of a connection: who dials speaks first. */
export function startHandshake(peer: Introduced, self: Introduction, nonce: bigint): HandshakeStep {
  const effects = peer.isInbound ? [] : sendVersion(peer, self, nonce);
  return { state: { name: "awaiting-version", nonce }, effects };
}

/**
 * Takes one message. `isOurNonce`: whether we are ourselves the sender of a `version` with this nonce.
 *
 * @returns `undefined` when the message is none of the handshake's: it goes to the protocols
 */
export function stepHandshake(
  state: HandshakeState,
  message: Message,
  peer: Introduced,
  self: Introduction,
  isOurNonce: (nonce: bigint) => boolean,
): HandshakeStep | undefined {
  if (message.type === "version") {
    if (state.name !== "awaiting-version") {
      return ignore(state, `redundant version message from peer=${peer.id}`);
    }
    return receiveVersion(state, message.value, peer, self, isOurNonce);
  }
  if (state.name === "awaiting-version") return ignore(state, describeEarly(message.type, peer, state));
  switch (message.type) {
    case "verack":
      return receiveVerack(state, peer);
    case "wtxidrelay":
      return receiveWtxidRelay(state, peer);
    case "sendaddrv2":
      if (state.name === "complete") return tooLate(state, message.type, peer);
      return agree(state, peer, { addrV2: true });
    case "feature":
      return receiveFeature(state, message.value.id, peer);
    case "sendheaders":
      return agree(state, peer, { sendHeaders: true });
    case "sendcmpct":
      if (message.value.version !== BigInt(COMPACT_BLOCKS_VERSION)) return { state, effects: [] };
      return agree(state, peer, { compactBlocks: COMPACT_BLOCKS_VERSION });
    case "sendtxrcncl":
      return receiveOffer(state, message.value, peer, self);
    default:
      return state.name === "complete" ? undefined : ignore(state, describeEarly(message.type, peer, state));
  }
}

/** The messages that have a place between `version` and `verack`. */
const NEGOTIATION: ReadonlySet<string> = new Set<MessageType>([
  "version", "verack", "wtxidrelay", "sendaddrv2", "feature", "sendheaders", "sendcmpct", "sendtxrcncl",
]);

/** Whether a message of this type can be more than one that came before its time, or is for others. */
export function isOfHandshake(type: string, state: HandshakeState): boolean {
  return state.name === "awaiting-version" ? type === "version" : NEGOTIATION.has(type);
}

/** What the log says of a message that came before its time. */
export function describeEarly(name: string, peer: { readonly id: number }, state: HandshakeState): string {
  if (state.name !== "awaiting-version") {
    return `Unsupported message "${sanitize(name)}" prior to verack from peer=${peer.id}`;
  }
  return `non-version message before version handshake. Message "${sanitize(name)}" from peer=${peer.id}`;
}

/** A `feature` that cannot be read: the same faults as one that can, then its own. */
export function stepMalformedFeature(state: HandshakeState, peer: Introduced): HandshakeStep {
  const text = `invalid feature payload, ${closing(peer)}`;
  return refuseFeature(state, peer) ?? refuse(state, "malformed-message", text);
}

function receiveVersion(
  state: HandshakeState & { readonly name: "awaiting-version" },
  theirs: Version,
  peer: Introduced,
  self: Introduction,
  isOurNonce: (nonce: bigint) => boolean,
): HandshakeStep {
  const refusal = refuseVersion(state, theirs, peer, self, isOurNonce);
  if (refusal !== undefined) return refusal;
  const features = featuresOf(theirs, self);
  const offer = offerReconciliation(peer, features, self);
  if (offer !== undefined) features.reconciliation = { name: "offered", salt: offer.salt };
  const effects: HandshakeEffect[] = [{ type: "features", features }];
  if (peer.isInbound) effects.push(...sendVersion(peer, self, state.nonce));
  effects.push({ type: "log", level: "debug", text: describeVersion(theirs, peer) });
  if (isAnonymous(peer) && !theirs.relay) {
    const text = `does not support transaction relay (connected in vain), ${closing(peer)}`;
    return { state, effects: [...effects, ...disconnect("private-broadcast-in-vain", text)] };
  }
  const agreesMore = features.version >= WTXID_RELAY_VERSION && !isAnonymous(peer);
  if (agreesMore) effects.push(send({ type: "wtxidrelay", value: null }));
  if (agreesMore) effects.push(send({ type: "sendaddrv2", value: null }));
  if (offer !== undefined) effects.push(send({ type: "sendtxrcncl", value: offer }));
  effects.push(send({ type: "verack", value: null }));
  if (peer.type === "feeler") {
    // It was only to be seen whether a node is there.
    effects.push(...disconnect("feeler-completed", `feeler connection completed, ${closing(peer)}`));
  }
  return { state: { name: "awaiting-verack", theirVersion: theirs.version }, effects };
}

function refuseVersion(
  state: HandshakeState,
  theirs: Version,
  peer: Introduced,
  self: Introduction,
  isOurNonce: (nonce: bigint) => boolean,
): HandshakeStep | undefined {
  const wanted = servicesWanted(theirs.services, self);
  if (mustServe(peer) && (theirs.services & wanted) !== wanted) {
    const services = `(${hex32(theirs.services)} offered, ${hex32(wanted)} expected)`;
    const text = `peer does not offer the expected services ${services}, ${closing(peer)}`;
    // What it does offer is worth knowing, so that it is not dialled again.
    const { effects } = refuse(state, "missing-services", text);
    return { state, effects: [{ type: "features", features: featuresOf(theirs, self) }, ...effects] };
  }
  if (theirs.version < PROTOCOL_VERSION_MIN) {
    const text = `peer using obsolete version ${theirs.version}, ${closing(peer)}`;
    return refuse(state, "obsolete-version", text);
  }
  if (peer.isInbound && isOurNonce(theirs.nonce)) {
    const text = `connected to self at ${formatAddress(peer.address)}, disconnecting`;
    const log: HandshakeEffect = { type: "log", level: "info", text };
    return { state, effects: [log, { type: "disconnect", reason: "self-connection" }] };
  }
  return undefined;
}

function receiveVerack(state: HandshakeState, peer: Introduced): HandshakeStep {
  if (state.name === "complete") {
    return ignore(state, `ignoring redundant verack message from peer=${peer.id}`);
  }
  assert(state.name === "awaiting-verack", "verack is looked at after version only");
  const kind = `New ${peer.type} peer connected`;
  const text = `${kind}: transport: ${peer.transportType}, version: ${state.theirVersion}, peer=${peer.id}`;
  // Anyone may connect to us, and so fill the log.
  const effects: HandshakeEffect[] = [{ type: "log", level: peer.isInbound ? "debug" : "info", text }];
  if (peer.features.version >= COMPACT_BLOCKS_PROTOCOL_VERSION && !isAnonymous(peer)) {
    const value = { announce: false, version: BigInt(COMPACT_BLOCKS_VERSION) };
    effects.push(send({ type: "sendcmpct", value }));
  }
  if (isVoid(peer.features)) {
    effects.push({ type: "features", features: { ...peer.features, reconciliation: undefined } });
    effects.push({ type: "log", level: "debug", text: `Forget txreconciliation state of peer=${peer.id}` });
  }
  return { state: { name: "complete" }, effects };
}

function receiveOffer(
  state: HandshakeState, offer: SendReconciliation, peer: Introduced, self: Introduction,
): HandshakeStep {
  const verdict = judgeOffer(offer, peer, self, state.name === "complete");
  if (verdict.type === "refused") {
    return refuse(state, "late-negotiation", `${verdict.text}, ${closing(peer)}`);
  }
  const { effects } = ignore(state, verdict.text);
  if (verdict.type === "ignored") return { state, effects };
  const agreed = agree(state, peer, { reconciliation: verdict.reconciliation });
  return { state, effects: [...agreed.effects, ...effects] };
}

function receiveWtxidRelay(state: HandshakeState, peer: Introduced): HandshakeStep {
  if (state.name === "complete") return tooLate(state, "wtxidrelay", peer);
  const { version, wtxidRelay } = peer.features;
  if (version < WTXID_RELAY_VERSION) {
    return ignore(state, `ignoring wtxidrelay due to old common version=${version} from peer=${peer.id}`);
  }
  if (wtxidRelay) return ignore(state, `ignoring duplicate wtxidrelay from peer=${peer.id}`);
  return agree(state, peer, { wtxidRelay: true });
}

function receiveFeature(state: HandshakeState, id: string, peer: Introduced): HandshakeStep {
  return refuseFeature(state, peer) ?? ignore(state, `unknown feature advertised: ${sanitize(id)}`);
}

function refuseFeature(state: HandshakeState, peer: Introduced): HandshakeStep | undefined {
  if (state.name === "complete") return tooLate(state, "feature", peer);
  const { version } = peer.features;
  if (version >= FEATURE_VERSION) return undefined;
  const text = `feature received with incompatible version ${version}, ${closing(peer)}`;
  return refuse(state, "late-negotiation", text);
}

function sendVersion(peer: Introduced, self: Introduction, nonce: bigint): readonly HandshakeEffect[] {
  const value = ourVersion(peer, self, nonce);
  const facts = `blocks=${value.startHeight}, txrelay=${Number(value.relay)}, peer=${peer.id}`;
  const text = `send version message: version=${value.version}, ${facts}`;
  return [send({ type: "version", value }), { type: "log", level: "debug", text }];
}

function describeVersion(theirs: Version, peer: Introduced): string {
  const { userAgent, version, startHeight, receiver, relay } = theirs;
  const name = sanitize(userAgent) || "<no user agent>";
  const us = formatAddress(receiver.address);
  const facts = `version ${version}, blocks=${startHeight}, us=${us}, txrelay=${Number(relay)}`;
  return `receive version message: ${name}: ${facts}, peer=${peer.id}`;
}

function agree(state: HandshakeState, peer: Introduced, change: Partial<PeerFeatures>): HandshakeStep {
  return { state, effects: [{ type: "features", features: { ...peer.features, ...change } }] };
}

function ignore(state: HandshakeState, text: string): HandshakeStep {
  return { state, effects: [{ type: "log", level: "debug", text }] };
}

function tooLate(state: HandshakeState, name: string, peer: Introduced): HandshakeStep {
  return refuse(state, "late-negotiation", `${name} received after verack, ${closing(peer)}`);
}

function refuse(state: HandshakeState, reason: DisconnectReason, text: string): HandshakeStep {
  return { state, effects: disconnect(reason, text) };
}

function disconnect(reason: DisconnectReason, text: string): readonly HandshakeEffect[] {
  return [{ type: "log", level: "debug", text }, { type: "disconnect", reason }];
}

function closing(peer: Introduced): string {
  return `disconnecting peer=${peer.id}`;
}

function send(message: Message): HandshakeEffect {
  return { type: "send", message };
}

function hex32(services: bigint): string {
  return services.toString(16).padStart(8, "0");
}
