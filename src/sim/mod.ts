/**
 * The simulator: whole networks of the shipped node in one process, on a virtual clock, from one seed.
 *
 * @module
 */
export { type Partition, simulate, type SimulationOptions, type SimulationReport } from "./simulate.ts";
