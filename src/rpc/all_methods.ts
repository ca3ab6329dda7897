import { blockMethods } from "./methods/block.ts";
import { chainMethods } from "./methods/chain.ts";
import { controlMethods } from "./methods/control.ts";
import { hiddenMethods } from "./methods/hidden.ts";
import { mempoolMethods } from "./methods/mempool.ts";
import { MethodTable } from "./method_table.ts";
import { miningMethods } from "./methods/mining.ts";
import { networkMethods } from "./methods/network.ts";
import { hiddenNetworkMethods } from "./methods/network_hidden.ts";
import { transactionMethods } from "./methods/transactions.ts";
import { waitingMethods } from "./methods/waiting.ts";

/** Every method there is. */
export const ALL_METHODS = new MethodTable([
  chainMethods, blockMethods, transactionMethods, mempoolMethods, networkMethods, hiddenNetworkMethods,
  miningMethods, controlMethods, waitingMethods, hiddenMethods,
]);
