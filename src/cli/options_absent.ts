import type { Option } from "./option.ts";

const NO_WALLET = "there is no wallet";
const NO_POLICY = "clusters are limited instead (-limitclustercount), and fees are not estimated";
const NO_DNS = "no DNS seeds are asked: addresses come from peers";
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
  [NO_DNS]: ["dns", "dnsseed", "fixedseeds", "forcednsseed"],
  [NO_POLICY]: [
    "acceptstalefeeestimates", "limitancestorcount", "limitancestorsize", "limitdescendantcount",
    "limitdescendantsize",
  ],
  [NO_SELF_CHECK]: ["checkaddrman", "checkblockindex", "checkblocks", "checklevel", "checkmempool"],
  "nothing is said of each transaction of a block that is made": ["printpriority"],
  "nobody is banned yet": ["bantime"],
  "the local address is not looked for": ["discover"],
  "the router is not asked to forward a port": ["natpmp"],
  "files and threads are used as they are needed": [
    "allowignoredconf", "maxreceivebuffer", "maxsendbuffer",
      "prevoutfetchthreads",
    "rpcthreads",
  ],
  "the mempool is not saved yet": ["persistmempool", "persistmempoolv1"],
  "no settings are kept beside the configuration file": ["settings"],
  "there is no source location to log": ["logsourcelocations", "loglevelalways"],
  "connecting takes the time that the system gives it": ["timeout"],
  "block files are written as they are, and read in both forms": ["blocksxor"],
  "shapes of old releases are not kept": ["deprecatedrpc"],
};

/** Options that promise something which is not there: they may only be switched off. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "the encrypted transport (BIP324) is not built yet": ["v2transport"],
  "there are no proxies yet": [
    "cjdnsreachable", "i2pacceptincoming", "i2psam", "listenonion", "onion", "onlynet",
      "privatebroadcast", "proxy",
    "proxyrandomize", "torcontrol", "torpassword",
  ],
  "there is no REST interface yet": ["rest"],
  "nothing is published over ZMQ yet": [
    "zmqpubhashblock", "zmqpubhashblockhwm", "zmqpubhashtx", "zmqpubhashtxhwm", "zmqpubrawblock",
      "zmqpubrawblockhwm",
    "zmqpubrawtx", "zmqpubrawtxhwm", "zmqpubsequence", "zmqpubsequencehwm",
  ],
  "it runs in the foreground only: leave the rest to systemd or the shell": ["daemon", "daemonwait"],
  "it is not built yet": [
    "asmap", "blockreconstructionextratxn", "blocksdir", "capturemessages",
      "checkpoints", "ipcbind",
    "maxuploadtarget", "networkactive", "rpccookieperms", "rpcwhitelist", "rpcwhitelistdefault", "seednode",
    "signetseednode", "txreconciliation", "vbparams",
  ],
};

function absent(groups: Readonly<Record<string, readonly string[]>>, isHarmless: boolean): readonly Option[] {
  return Object.entries(groups).flatMap(([why, names]) => names.map((name): Option =>
    ({ name, category: "absent", type: "list", help: why, absence: { why, isHarmless } })));
}

export const ABSENT_OPTIONS: readonly Option[] = [...absent(HARMLESS, true), ...absent(REFUSED, false)];
