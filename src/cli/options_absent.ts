import type { Option } from "./option.ts";

const NO_WALLET = "there is no wallet";
const NO_POLICY = "clusters are limited instead (-limitclustercount), and fees are not estimated";
const NO_SELF_CHECK = "it checks Bitcoin Core's own data structures";

/** Bitcoin Core's options that change nothing here, and why taking them does no harm. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  [NO_WALLET]: [
    "addresstype", "avoidpartialspends", "changetype", "consolidatefeerate", "disablewallet", "discardfee",
    "fallbackfee", "keypool", "maxapsfee", "maxtxfee", "mintxfee", "signer", "spendzeroconfchange",
      "txconfirmtarget",
    "unsafesqlitesync", "wallet", "walletbroadcast", "walletcrosschain", "walletdir", "walletnotify",
      "walletrbf",
    "walletrejectlongchains",
  ],
  [NO_POLICY]: [
    "acceptstalefeeestimates", "limitancestorcount", "limitancestorsize", "limitdescendantcount",
    "limitdescendantsize",
  ],
  [NO_SELF_CHECK]: ["checkblockindex", "checkblocks", "checklevel", "checkmempool"],
  "nothing is said of each transaction of a block that is made": ["printpriority"],
  "files and threads are used as they are needed": [
    "allowignoredconf", "prevoutfetchthreads", "rpcthreads",
  ],
  "the mempool is not saved yet": ["persistmempool", "persistmempoolv1"],
  "no settings are kept beside the configuration file": ["settings"],
  "there is no source location to log": ["logsourcelocations", "loglevelalways"],
  "each line of the log has its time": ["logtimestamps"],
  "addresses of peers are logged where a connection begins": ["logips"],
  "the log is not shortened": ["shrinkdebugfile"],
  "block files are written as they are, and read in both forms": ["blocksxor"],
  "shapes of old releases are not kept": ["deprecatedrpc"],
};

/** Options that promise something which is not there: they may only be switched off. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "there is no REST interface yet": ["rest"],
  "nothing is published over ZMQ yet": [
    "zmqpubhashblock", "zmqpubhashblockhwm", "zmqpubhashtx", "zmqpubhashtxhwm", "zmqpubrawblock",
      "zmqpubrawblockhwm",
    "zmqpubrawtx", "zmqpubrawtxhwm", "zmqpubsequence", "zmqpubsequencehwm",
  ],
  "it runs in the foreground only: leave the rest to systemd or the shell": ["daemon", "daemonwait"],
  "it is not built yet": [
    "blockreconstructionextratxn", "blocksdir",
      "checkpoints", "ipcbind",
    "rpccookieperms", "rpcwhitelist", "rpcwhitelistdefault",
    "vbparams",
  ],
};

function absent(groups: Readonly<Record<string, readonly string[]>>, isHarmless: boolean): readonly Option[] {
  return Object.entries(groups).flatMap(([why, names]) => names.map((name): Option =>
    ({ name, category: "absent", type: "list", help: why, absence: { why, isHarmless } })));
}

export const ABSENT_OPTIONS: readonly Option[] = [...absent(HARMLESS, true), ...absent(REFUSED, false)];
