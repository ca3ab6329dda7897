/**
 * The simulator: whole networks of the shipped node in one process, on a virtual clock, from one seed.
 *
 * `simulate` runs a network that is left to itself. `AttackWorld` is for attacks: one whole node, honest
 * peers who follow a chain, and scripted ones that do what you say; docs/simulator.md shows one.
 * `simulateEclipse` is the study of docs/eclipse.md.
 *
 * ```js
 * import { minutes, simulate } from "tidings/sim";
 *
 * const { isOneTip, blocks } = simulate({ seed: 1, nodes: 20, length: minutes(30) });
 * ```
 *
 * What hangs on a simulated node (`VirtualHost.core`) is its inside, and may change with any version.
 *
 * @module
 */
export type { Defence, Without } from "../base/defences.ts";
export { type Duration, hours, milliseconds, minutes, seconds } from "../base/time.ts";
export {
  AttackWorld, type AttackWorldOptions, heightOf, type Line, outboundPeers, readyPeers,
} from "./attack_world.ts";
export { Crowd, type CrowdOptions, repeat } from "./crowd.ts";
export { simulateEclipse } from "./eclipse.ts";
export {
  ALL_ECLIPSE_DEFENCES, type BookShares, BOTNET, COMPANY, type EclipseAttacker, type EclipseDefence,
  type EclipseOptions, type EclipseReport,
} from "./eclipse_settings.ts";
export { type ChainSchedule, PublishedChain } from "./published_chain.ts";
export type { Script, ScriptedPeer } from "./scripted_peer.ts";
export { type Partition, simulate, type SimulationOptions, type SimulationReport } from "./simulate.ts";
export { smallAsmap } from "./small_asmap.ts";
export { VirtualHost } from "./virtual_host.ts";
export { VirtualNetwork, type VirtualNetworkOptions } from "./virtual_network.ts";
export { groupOf, hostAt, type LatencyRange, SIM_START, USUAL_LATENCY } from "./world_defaults.ts";
