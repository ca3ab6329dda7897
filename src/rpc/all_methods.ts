import { addressBookMethods } from "./methods/address_book.ts";
import { addressMethods } from "./methods/addresses.ts";
import { banMethods } from "./methods/bans.ts";
import { blockMethods } from "./methods/block.ts";
import { blockScanMethods } from "./methods/block_scan.ts";
import { blockTemplateMethods } from "./methods/block_template.ts";
import { chainControlMethods } from "./methods/chain_control.ts";
import { chainMethods } from "./methods/chain.ts";
import { chainStatisticsMethods } from "./methods/chain_statistics.ts";
import { coinScanMethods } from "./methods/coin_scan.ts";
import { coinSetMethods } from "./methods/coin_set_info.ts";
import { coinMethods } from "./methods/coins.ts";
import { connectionMethods } from "./methods/connections.ts";
import { controlMethods } from "./methods/control.ts";
import { createTransactionMethods } from "./methods/create_transaction.ts";
import { deploymentMethods } from "./methods/deployments.ts";
import { descriptorMethods } from "./methods/descriptors.ts";
import { estimateMethods } from "./methods/estimates.ts";
import { hiddenMethods } from "./methods/hidden.ts";
import { indexMethods } from "./methods/indexes.ts";
import { mempoolMethods } from "./methods/mempool.ts";
import { mempoolRelationMethods } from "./methods/mempool_relations.ts";
import { mempoolTestMethods } from "./methods/mempool_test.ts";
import { messageMethods } from "./methods/messages.ts";
import { MethodTable } from "./method_table.ts";
import { miningMethods } from "./methods/mining.ts";
import { miningInfoMethods } from "./methods/mining_info.ts";
import { networkMethods } from "./methods/network.ts";
import { hiddenNetworkMethods } from "./methods/network_hidden.ts";
import { priorityMethods } from "./methods/priorities.ts";
import { privateBroadcastMethods } from "./methods/private_broadcast.ts";
import { proofMethods } from "./methods/proofs.ts";
import { signingMethods } from "./methods/signing.ts";
import { snapshotMethods } from "./methods/snapshots.ts";
import { transactionMethods } from "./methods/transactions.ts";
import { waitingMethods } from "./methods/waiting.ts";

/** Every method there is. */
export const ALL_METHODS = new MethodTable([
  chainMethods, blockMethods, chainControlMethods, chainStatisticsMethods, deploymentMethods, coinMethods,
  snapshotMethods, coinSetMethods, coinScanMethods, blockScanMethods, indexMethods, proofMethods,
  transactionMethods, privateBroadcastMethods, createTransactionMethods, signingMethods, messageMethods, addressMethods,
  descriptorMethods, mempoolMethods, mempoolRelationMethods, mempoolTestMethods, estimateMethods,
  networkMethods, connectionMethods, banMethods, addressBookMethods, hiddenNetworkMethods, miningMethods, miningInfoMethods, priorityMethods,
  blockTemplateMethods, controlMethods, waitingMethods, hiddenMethods,
]);
