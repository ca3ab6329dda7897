import type { Option } from "./option.ts";

/** What is said to peers, and how much of it. */
export const PEER_OPTIONS: readonly Option[] = [
  {
    name: "maxuploadtarget", category: "network", type: "text", value: "n",
    help: "Send no more than this in 24 hours, but to peers with the download permission, and blocks of " +
      "the last week; in M (1024 times 1024), or with k, K, m, g, G, t or T, capitals by 1024; 0 for any",
    fallback: "0M",
  },
  {
    name: "maxreceivebuffer", category: "network", type: "number", value: "n",
    help: "Read no more from a peer while this many thousand bytes of its messages wait", fallback: "5000",
  },
  {
    name: "maxsendbuffer", category: "network", type: "number", value: "n",
    help: "Serve a peer no more while this many thousand bytes wait for it to be read", fallback: "1000",
  },
  {
    name: "txreconciliation", category: "network", type: "flag", isForTests: true,
    help: "Offer peers to reconcile transactions (BIP330); so far nothing follows the offer", fallback: "0",
  },
  {
    name: "capturemessages", category: "debug", type: "flag", isForTests: true,
    help: "Write every message to a file of its peer, in the folder message_capture", fallback: "0",
  },
];
