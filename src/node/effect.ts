import type { Bytes } from "../base/bytes.ts";
import type { Brand } from "../base/brand.ts";
import type { PersistBatch, FileRange } from "../chain/chain_state.ts";
import type { Socks5Proxy, Route } from "../connections/route.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { MuHashChange } from "../crypto/muhash.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import type { Command, CommandResult } from "./command.ts";
import type { NodeEvent } from "./event.ts";

/** One attempt to reach an address: answered by `connected` with the same number, or `dial-failed`. */
export type DialId = Brand<number, "DialId">;

/** Everything the outside may tell the node. */
export type NodeInput =
  | {
    /** A socket is open. The driver numbers them from zero, across both directions. */
    readonly type: "connected";
    readonly peer: PeerId;
    /** Ours, when we dialled. */
    readonly dial: DialId | undefined;
    readonly remote: NetworkAddress;
    readonly local: NetworkAddress;
  }
  | {
    readonly type: "dial-failed";
    readonly dial: DialId;
    readonly reason: string;
    /** It did not come as far as the address: nothing is known of who is there. */
    readonly isProxyFault?: boolean;
  }
  /** The outside leads to us by this address from now on, or no longer: an onion service, a place in I2P. */
  | {
    readonly type: "reached"; readonly address: NetworkAddress; readonly isReached: boolean;
    /** A service of ours leads here, or a gateway passes connections on. */
    readonly by: "service" | "gateway";
  }
  /** A way to a network has turned up. */
  | { readonly type: "proxy-found"; readonly network: NetworkName; readonly proxy: Socks5Proxy }
  | { readonly type: "received"; readonly peer: PeerId; readonly bytes: Bytes }
  /**
   * The socket holds more than it likes: what is sent now only waits in memory. For each that was choked by
   * what a step has sent, it is the next input.
   */
  | { readonly type: "choked"; readonly peer: PeerId }
  /** The socket has passed on all it held: sending may go on. */
  | { readonly type: "drained"; readonly peer: PeerId }
  /** The socket is gone; also follows every `close` effect. */
  | { readonly type: "closed"; readonly peer: PeerId; readonly reason: string }
  | { readonly type: "resolved"; readonly host: string; readonly addresses: readonly NetworkAddress[] }
  | { readonly type: "verified"; readonly job: number; readonly violation: RuleViolation | undefined }
  | { readonly type: "loaded"; readonly request: number; readonly bytes: Bytes | undefined }
  | { readonly type: "persisted"; readonly batch: number }
  | { readonly type: "coins-hashed"; readonly request: number; readonly hash: string | undefined }
  | { readonly type: "coins-multiplied"; readonly request: number; readonly factor: Bytes }
  | { readonly type: "command"; readonly id: number; readonly command: Command }
  | { readonly type: "woken" };

/** Everything the node may ask of the outside. Carried out in order. */
export type NodeEffect =
  | { readonly type: "send"; readonly peer: PeerId; readonly bytes: Bytes }
  /** Send what was handed over before, then close. */
  | { readonly type: "close"; readonly peer: PeerId; readonly reason: string }
  | { readonly type: "dial"; readonly dial: DialId; readonly address: NetworkAddress; readonly route: Route }
  /** Stop, or go on, reading from this socket: its sender is faster than we are. */
  | { readonly type: "pause"; readonly peer: PeerId }
  | { readonly type: "resume"; readonly peer: PeerId }
  | { readonly type: "resolve"; readonly host: string; readonly port: number }
  | { readonly type: "verify"; readonly job: number; readonly payload: VerifyJob }
  | { readonly type: "load"; readonly request: number; readonly range: FileRange }
  /** Batches are written one after the other, in this order. */
  | { readonly type: "persist"; readonly batch: number; readonly writes: PersistBatch }
  /**
   * The hash over all coins in the database that began empty, in display order; `undefined` if they cannot
   * be read.
   */
  | { readonly type: "hash-coins"; readonly request: number }
  /** `muhashFactor`. */
  | { readonly type: "multiply-coins"; readonly request: number; readonly change: MuHashChange }
  /** Stop, and show why: nothing good can come of going on. */
  | { readonly type: "fatal"; readonly why: string }
  /** Replaces a whole small file, atomically. */
  | { readonly type: "save"; readonly name: string; readonly bytes: Bytes }
  /** Adds to the end of a file in a folder, each of which is made if it is not there. */
  | { readonly type: "append"; readonly name: string; readonly bytes: Bytes }
  | { readonly type: "answer"; readonly id: number; readonly result: CommandResult }
  | { readonly type: "event"; readonly event: NodeEvent };
