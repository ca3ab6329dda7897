/**
 * What `createNode` can be told.
 *
 * @module
 */
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import type { Chain } from "./chains.ts";
import type { LogOption } from "./node_log.ts";

/** Whom the node deals with, and by which ways. */
export interface PeerOptions {
  /**
   * Where to listen for peers: `["127.0.0.1:0"]` for a free port on this machine. Nothing is opened
   * that was not asked for. A host alone means the chain's usual port.
   *
   * A node that listens tells others where it is reached, as far as it knows: of public addresses that it
   * listens on, or that this machine has, and of what peers see. Not with `connectOnly`, `proxy` or
   * `externalAddresses`.
   *
   * @default false
   */
  readonly listen?: false | readonly string[];
  /** `host` or `host:port` of where others reach this node, told instead of what it finds out. @default [] */
  readonly externalAddresses?: readonly string[];
  /**
   * `host` or `host:port` of nodes to stay connected with. Names are looked up when they are dialled, by
   * the proxy if there is one.
   *
   * @default []
   */
  readonly addNodes?: readonly string[];
  /**
   * Dials `addNodes` alone, and nobody it hears of; asks no seeds either. Without `addNodes` it dials
   * nobody at all: what a program wants that works on a public chain and is to send nothing out.
   *
   * @default false
   */
  readonly connectOnly?: boolean;
  /** `host` or `host:port` of nodes that are asked for addresses, and let go. @default [] */
  readonly seedNodes?: readonly string[];
  /**
   * Asks the chain's DNS seeds when it knows too few nodes. Without them it falls back, after a minute, on
   * addresses that come with the program; only `connectOnly` keeps it from dialling.
   *
   * @default true, but with `connectOnly`, or without IPv4 and IPv6
   */
  readonly dnsSeeds?: boolean;
  /** Of both directions, but for `addNodes`: 8 full-relay and 2 block-relay ones are its own. @default 125 */
  readonly maxConnections?: number;
  /** `false` starts with the network off: see `setNetworkActive`. @default true */
  readonly networkActive?: boolean;
  /**
   * Goes through this SOCKS5 proxy to all that is not on this machine or its own network, and has it look
   * up names: `"127.0.0.1:9050"`, or `"unix:/path"`. Each connection gets credentials of its own, so that
   * Tor keeps their circuits apart.
   */
  readonly proxy?: string;
  /**
   * The proxy for Tor's hidden services, if it is another; with `false` they are not reached.
   *
   * @default as `proxy`
   */
  readonly onion?: false | string;
  /** `host:port` of the SAM bridge of an I2P router: peers there are dialled, and dial us if we listen. */
  readonly i2pSam?: string;
  /** This machine is in CJDNS: `fc00::/8` leads there. @default false */
  readonly cjdnsReachable?: boolean;
  /**
   * Chooses peers in these networks only; `addNodes`, and whoever dials us, may be elsewhere.
   *
   * @default all that can be reached
   */
  readonly onlyNetworks?: readonly NetworkName[];
  /**
   * Sends transactions of `submit` over short connections through Tor or I2P only, and keeps them out of
   * the mempool until they come back. @default false
   */
  readonly privateBroadcast?: boolean;
  /**
   * What peers at some addresses may do: `"noban,download@192.0.2.0/24"`, in Bitcoin Core's grammar of
   * `-whitelist`. An address alone stands for `noban`, `mempool`, `relay` and `download`. @default []
   */
  readonly permissions?: readonly string[];
  /**
   * The map by which addresses of one autonomous system count as one hand's, in Bitcoin Core's format: its
   * file, or its bytes. Left out, those of one /16 (IPv4) or /32 (IPv6) do.
   */
  readonly asmap?: string | Uint8Array;
  /**
   * Bytes a day that are sent at most to those who could do without: blocks older than a week are no
   * longer served then. 0 for any number. @default 0
   */
  readonly maxUploadBytes?: number;
  /** Encrypts connections to peers that can (BIP324). @default true */
  readonly v2Transport?: boolean;
  /** Relays blocks, and no transactions. @default false */
  readonly blocksOnly?: boolean;
  /**
   * Takes part in gossip about addresses on this machine, without Bitcoin Core's long waits: for
   * networks of nodes on one machine. @default false
   */
  readonly localPeers?: boolean;
  /** What it calls itself (BIP14). @default "/tidings:VERSION/" */
  readonly userAgent?: string;
}

export interface CreateNodeOptions extends PeerOptions {
  /** `chains.regtest` and so on, or your own by `chainFromFile`. */
  readonly chain: Chain;
  /** Folder for the data, made if it is not there; without it all is kept in memory. */
  readonly store?: string;
  /** Keeps about so many bytes of blocks, and the coins of all. */
  readonly prune?: { readonly targetBytes: number };
  /**
   * What is kept beside the chain, by Bitcoin Core's names: `"txindex"`, `"coinstatsindex"`,
   * `"txospenderindex"`, `"blockfilterindex"`. The first and the third not along with `prune`. @default []
   */
  readonly indexes?: readonly IndexKind[];
  /** Gets each line of the node's log; `true` writes them to standard error. @default false */
  readonly log?: LogOption;
  /** Also log debugging of these categories, such as `net`; the names are Bitcoin Core's. */
  readonly debug?: readonly string[];
  /** Closes the node when aborted. */
  readonly signal?: AbortSignal;
}

/** All there are: a name that is none of them is refused rather than ignored. */
const NAMES: Readonly<Record<keyof CreateNodeOptions, true>> = {
  chain: true, store: true, listen: true, externalAddresses: true, addNodes: true, connectOnly: true,
  seedNodes: true, dnsSeeds: true, maxConnections: true, networkActive: true, proxy: true, onion: true,
  i2pSam: true, cjdnsReachable: true, onlyNetworks: true, privateBroadcast: true, permissions: true,
  asmap: true, maxUploadBytes: true, v2Transport: true, blocksOnly: true, localPeers: true, userAgent: true,
  prune: true, indexes: true, log: true, debug: true, signal: true,
};

export const OPTION_NAMES = Object.keys(NAMES) as readonly (keyof CreateNodeOptions)[];

/** Those that are `true` or `false`. */
export const FLAG_NAMES = [
  "connectOnly", "dnsSeeds", "networkActive", "cjdnsReachable", "privateBroadcast", "v2Transport",
  "blocksOnly", "localPeers",
] as const satisfies readonly (keyof CreateNodeOptions)[];
