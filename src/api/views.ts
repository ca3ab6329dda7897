/**
 * What the library shows of the node's data: hashes as text in display order, amounts as `bigint`.
 *
 * @module
 */
import { toHex } from "../base/bytes.ts";
import { elapsed, type Instant, toUnixSeconds } from "../base/time.ts";
import type { AddressParams } from "../params/chain_params.ts";
import type { ConnectionType, Peer, Permission } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import type { Input, Output, Transaction } from "../primitives/transaction.ts";
import { addressOf } from "../script/addresses.ts";
import type { TransportType } from "../transport/transport.ts";

export interface HeaderView {
  readonly hash: string;
  readonly version: number;
  readonly previous: string;
  readonly merkleRoot: string;
  /** Unix seconds. */
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
}

export interface TipView {
  readonly hash: string;
  readonly height: number;
  /** Unix seconds, as its miner put it. */
  readonly time: number;
  readonly header: HeaderView;
}

export interface InputView {
  /** What it spends: an output of this transaction; all zeros in a coinbase. */
  readonly txid: string;
  readonly index: number;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
  readonly witness: readonly Uint8Array[];
}

export interface OutputView {
  /** Satoshi. */
  readonly value: bigint;
  readonly script: Uint8Array;
  /** `undefined` when the script has no address. */
  readonly address: string | undefined;
}

export interface TransactionView {
  readonly txid: string;
  readonly wtxid: string;
  readonly version: number;
  readonly locktime: number;
  readonly vsize: number;
  readonly weight: number;
  readonly inputs: readonly InputView[];
  readonly outputs: readonly OutputView[];
  /** The whole serialisation. */
  readonly bytes: Uint8Array;
}

export interface BlockView {
  readonly hash: string;
  readonly height: number;
  readonly header: HeaderView;
  readonly weight: number;
  readonly transactions: readonly TransactionView[];
  readonly bytes: Uint8Array;
}

export interface PeerView {
  readonly id: number;
  /** `host:port` of the other end. */
  readonly address: string;
  readonly direction: "inbound" | "outbound";
  /** Why it exists, as `getpeerinfo` calls it. */
  readonly connection: ConnectionType;
  /** The network by which it is reached; `undefined` for one that is not public, as on this machine. */
  readonly network: NetworkName | undefined;
  /** Number of the autonomous system of its address; `undefined` when no map (`asmap`) has it. */
  readonly asn: number | undefined;
  /** What the operator lets it do that others may not. */
  readonly permissions: readonly Permission[];
  /** `detecting` until its first bytes show whether they are encrypted (`v2`, BIP324). */
  readonly transport: TransportType;
  /**
   * 32 bytes in hex that both ends of an encrypted connection know, and nobody else: who compares them with
   * the other end's knows that nobody stands between. `undefined` on others.
   */
  readonly sessionId: string | undefined;
  /** Handshake complete; what follows is known from then on. */
  readonly isReady: boolean;
  readonly userAgent: string;
  readonly protocolVersion: number;
  readonly services: bigint;
  /** Of its tip, when it connected. */
  readonly startHeight: number;
  /** Unix seconds. */
  readonly connectedAt: number;
  /** For how long it has been connected. */
  readonly connectedMilliseconds: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Round trip of the last ping. */
  readonly pingMilliseconds: number | undefined;
}

export function viewHeader(header: BlockHeader): HeaderView {
  return {
    hash: displayHash(header.hash),
    version: header.version,
    previous: displayHash(header.previous),
    merkleRoot: displayHash(header.merkleRoot),
    time: header.time,
    bits: header.bits,
    nonce: header.nonce,
  };
}

export function viewBlock(block: Block, height: number, addresses: AddressParams): BlockView {
  return {
    hash: displayHash(block.hash),
    height,
    header: viewHeader(block.header),
    weight: block.weight,
    transactions: block.transactions.map((transaction) => viewTransaction(transaction, addresses)),
    bytes: block.bytes,
  };
}

export function viewTransaction(transaction: Transaction, addresses: AddressParams): TransactionView {
  const { txid, wtxid, version, locktime, vsize, weight, inputs, outputs, bytes } = transaction;
  return {
    txid: displayHash(txid),
    wtxid: displayHash(wtxid),
    version, locktime, vsize, weight,
    inputs: inputs.map(viewInput),
    outputs: outputs.map((output) => viewOutput(output, addresses)),
    bytes,
  };
}

function viewInput({ prevout, scriptSig, sequence, witness }: Input): InputView {
  return { txid: displayHash(prevout.txid), index: prevout.index, scriptSig, sequence, witness: witness.slice() };
}

function viewOutput({ value, script }: Output, addresses: AddressParams): OutputView {
  return { value: BigInt(value), script, address: addressOf(script, addresses) };
}

/** `asn`: zero for none. */
export function viewPeer(peer: Peer, asn: number, now: Instant): PeerView {
  const { id, address, isInbound, type, network, isReady, features, stats, sessionId } = peer;
  return {
    id,
    address: formatAddress(address),
    direction: isInbound ? "inbound" : "outbound",
    connection: type,
    network,
    asn: asn === 0 ? undefined : asn,
    permissions: [...peer.permissions],
    transport: peer.transportType,
    sessionId: sessionId === undefined ? undefined : toHex(sessionId),
    isReady,
    userAgent: features.userAgent,
    protocolVersion: features.version,
    services: features.services,
    startHeight: features.startHeight,
    connectedAt: toUnixSeconds(stats.connectedAt),
    connectedMilliseconds: elapsed(stats.connectedAt, now),
    bytesSent: stats.bytesSent,
    bytesReceived: stats.bytesReceived,
    pingMilliseconds: stats.pingTime,
  };
}
