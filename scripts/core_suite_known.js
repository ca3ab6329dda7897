/**
 * Bitcoin Core's functional tests that do not pass, by the reason why. One that passes all the same is
 * pointed out, so that it comes off this list.
 *
 * @module
 */

const words = (text) => text.trim().split(/\s+/);

const BY_REASON = {
  "expects that a node killed with -9 has lost its last blocks: ours keeps them": ["feature_coinstatsindex"],
  // What is not built yet.
  "compact blocks (BIP152) are not built yet": words(`
    p2p_compactblocks p2p_compactblocks_blocksonly p2p_compactblocks_hb p2p_mutated_blocks`),
  "some of Bitcoin Core's command line client's extras are not there": words("interface_bitcoin_cli"),
  "what concerns a descriptor is not looked for in blocks yet": words("rpc_getdescriptoractivity"),
  "nothing in the mempool is replaced by fee yet": words(`
    feature_rbf mempool_accept mempool_truc mining_prioritisetransaction p2p_leak_tx p2p_orphan_handling p2p_segwit
    rpc_gettxspendingprevout`),
  "packages are not judged as one yet": words(`
    mempool_ephemeral_dust mempool_package_limits mempool_package_rbf mempool_sigoplimit p2p_1p1c_network
    rpc_packages`),
  "the mempool's memory is counted as what it takes here": words(`
    mempool_limit p2p_opportunistic_1p1c p2p_tx_download`),
  "clusters are bounded, but not linearised yet": words("mempool_cluster"),
  "the mempool is not saved yet": words("mempool_persist mining_basic"),
  "transactions from here are not announced again yet": words("mempool_unbroadcast"),
  "fees are not estimated yet": words("feature_fee_estimation rpc_estimatefee"),
  "there is no REST interface and no ZMQ yet": words("interface_rest interface_zmq"),
  "descriptors of miniscript are not inferred": words("rpc_decodescript"),
  "some of the RPC server's options and corner cases are not built yet": words(`
    interface_http rpc_bind rpc_users rpc_whitelist`),
  "no settings file is kept, and configuration files that are ignored are not told of": words(`
    feature_settings feature_logging feature_config_args`),
  "blocks cannot be kept in another directory (-blocksdir)": words("feature_blocksdir feature_filelock"),
  // What is done another way, and stays so.
  "block files are masked if they were, whatever -blocksxor says": words("feature_blocksxor"),
  "a chain that cannot be followed is given up and named; the node goes on": words("feature_abortnode"),
  "damaged files and crashes are named in words of our own": words("feature_init"),
  "there is no -dbcrashratio: crashes are drawn by our own tests": words("feature_dbcrash"),
  "the witness rule of blocks below an older activation height is not looked at again": words(`
    feature_presegwit_node_upgrade`),
  "some of Bitcoin Core's methods are not there, so its table of conversions differs": words("rpc_help"),
  // What tests Bitcoin Core's own parts.
  "needs Bitcoin Core's wallet": words(`
    example_test feature_segwit rpc_psbt rpc_signer tool_signet_miner tool_wallet`),
  "needs Bitcoin Core's older releases": words(`
    feature_coinstatsindex_compatibility feature_unsupported_utxo_db mempool_compatibility`),
  "needs Bitcoin Core's other programs": words(`
    interface_ipc interface_ipc_cli interface_ipc_mining tool_bench_sanity_check tool_bitcoin
    tool_bitcoin_chainstate tool_utils`),
  "needs probes in Bitcoin Core's binary": words(`
    interface_usdt_coinselection interface_usdt_mempool interface_usdt_net interface_usdt_utxocache
    interface_usdt_validation`),
  "needs addresses that this machine does not have": words(`
    feature_bind_port_discover feature_bind_port_externalip`),
  "expects the process to die by an assertion": words("rpc_misc"),
};

const REASONS =
  new Map(Object.entries(BY_REASON).flatMap(([reason, names]) => names.map((name) => [name, reason])));

/** Why a test does not pass; `undefined` for one that does. */
export function knownReason(name) {
  return REASONS.get(name);
}

/** Every test of the list. */
export const KNOWN_NAMES = [...REASONS.keys()];
