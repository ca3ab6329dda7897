/**
 * Which of Bitcoin Core's functional tests a node such as this should pass, easiest first.
 *
 * Tier 1: protocol, headers, blocks, a first mempool. Tier 2: whole features and consensus in depth.
 * Tier 3: policy, indexes, interfaces. Left out: what tests Bitcoin Core's own files, wallet or
 * binaries.
 *
 * @module
 */

const words = (text) => text.trim().split(/\s+/);

export const TIERS = {
  tier1: words(`
    rpc_uptime feature_help feature_uacomment feature_posix_fs_permissions feature_shutdown
    p2p_ping p2p_leak p2p_timeouts p2p_nobloomfilter_messages p2p_getdata p2p_invalid_locator p2p_net_deadlock
    p2p_bip434_feature p2p_handshake p2p_add_connections p2p_addrfetch p2p_addrv2_relay p2p_v2_transport
    p2p_v2_encrypted p2p_v2_misbehaving
    p2p_block_sync p2p_initial_headers_sync p2p_fingerprint p2p_invalid_block p2p_unrequested_blocks p2p_sendheaders
    p2p_outbound_eviction p2p_ibd_stalling feature_chain_tiebreaks feature_minchainwork feature_maxtipage
    rpc_getchaintips rpc_invalidateblock rpc_preciousblock
    feature_framework_miniwallet mempool_spend_coinbase mempool_resurrect p2p_tx_privacy p2p_feefilter`),
  tier2: words(`
    p2p_addr_relay p2p_addr_selfannouncement p2p_blockfilters p2p_blocksonly p2p_compactblocks
    p2p_compactblocks_blocksonly p2p_compactblocks_hb p2p_disconnect_ban p2p_eviction p2p_filter p2p_getaddr_caching
    p2p_headers_sync_with_minchainwork p2p_ibd_txrelay p2p_invalid_messages p2p_invalid_tx p2p_leak_tx
    p2p_message_capture p2p_mutated_blocks p2p_node_network_limited p2p_permissions p2p_sendtxrcncl p2p_tx_download
    feature_block feature_dersig feature_cltv feature_csv_activation feature_nulldummy feature_bip68_sequence
    feature_utxo_set_hash feature_versionbits_warning feature_signet feature_maxuploadtarget feature_port
    feature_startupnotify feature_filelock feature_dirsymlinks feature_framework_startup_failures
    feature_framework_unit_tests
    mempool_accept mempool_accept_wtxid mempool_datacarrier mempool_dust mempool_expiry mempool_reorg
    mempool_unbroadcast
    mining_basic mining_mainnet mining_getblocktemplate_longpoll mining_template_verification rpc_deprecated
    rpc_getblockfilter rpc_named_arguments rpc_orphans rpc_setban rpc_txoutproof interface_rpc`),
  tier3: words(`
    p2p_1p1c_network p2p_opportunistic_1p1c p2p_orphan_handling p2p_segwit p2p_dns_seeds p2p_seednode p2p_i2p_ports
    p2p_i2p_sessions p2p_private_broadcast p2p_private_broadcast_cap p2p_private_broadcast_retry_v1 feature_addrman
    feature_asmap
    feature_taproot feature_assumevalid feature_anchors feature_proxy feature_torcontrol feature_rbf
    feature_coinstatsindex feature_logging feature_includeconf feature_settings feature_notifications
    feature_bind_extra feature_discover feature_fastprune feature_prune_stale_fork feature_reindex
    feature_reindex_readonly feature_loadblock feature_remove_pruned_files_on_startup feature_pruning
    feature_index_prune feature_assumeutxo feature_reindex_init feature_framework_testshell rpc_dumptxoutset
    rpc_getblockstats
    mempool_cluster mempool_ephemeral_dust mempool_limit mempool_package_limits mempool_package_rbf mempool_packages
    mempool_persist mempool_sigoplimit mempool_truc mempool_updatefromblock mining_prioritisetransaction
    rpc_bind rpc_blockchain rpc_createmultisig rpc_decodescript rpc_deriveaddresses rpc_estimatefee rpc_generate
    rpc_getblockfrompeer rpc_getdescriptoractivity rpc_getdescriptorinfo rpc_gettxspendingprevout rpc_help
    rpc_invalid_address_message rpc_net rpc_packages rpc_rawtransaction rpc_scanblocks rpc_scantxoutset
    rpc_signmessagewithprivkey rpc_signrawtransactionwithkey rpc_users rpc_validateaddress rpc_whitelist
    interface_bitcoin_cli interface_http interface_rest interface_zmq tool_rpcauth tool_utxo_to_sqlite`),
};

/** What a test over both transports is run over, unless its name says which. */
const TRANSPORTS = ["v1", "v2"];

/** Tests that can be run over each transport. */
const BOTH_TRANSPORTS = new Set(words(`
  p2p_timeouts p2p_net_deadlock p2p_bip434_feature p2p_handshake p2p_block_sync p2p_invalid_block p2p_ibd_stalling
  p2p_compactblocks_hb p2p_disconnect_ban p2p_invalid_tx p2p_leak_tx p2p_node_network_limited rpc_setban
  rpc_blockchain rpc_net`));

/** Tests that call a bitcoin-cli of their own. */
export const NEEDS_CLI = new Set(words(`
  interface_bitcoin_cli interface_rpc mining_template_verification rpc_generate`));

/** The options that each run of a test adds to its command line, by what the variant is called. */
const VARIANTS = { v1: ["--v1transport"], v2: ["--v2transport"], "": [] };

/**
 * What to run for a name: `tier1`, a test, or a test over one transport as in `p2p_timeouts:v1`.
 *
 * @returns {{ name: string, variant: string, options: readonly string[] }[]}
 */
export function expandName(text) {
  const tier = TIERS[text];
  if (tier !== undefined) return tier.flatMap(expandName);
  const [name, variant] = text.replace(/\.py(?=$|:)/, "").split(":");
  const variants = variant !== undefined ? [variant] : BOTH_TRANSPORTS.has(name) ? TRANSPORTS : [""];
  return variants.map((each) => ({ name, variant: each, options: VARIANTS[each] ?? [] }));
}
