/**
 * How many transactions that peers have announced are noted.
 *
 * @module
 */

/** From then on, what a peer announces is not noted: minutes of the most that we would send ourselves. */
export const TX_ANNOUNCEMENTS_MAX = 5_000;
/**
 * From then on, each peer has an equal share of so many. That is what 125 peers may announce, 270 MB at
 * worst; what all have announced together is at most twice as much, however many they are.
 */
export const TX_ANNOUNCEMENTS_IN_ALL = 125 * TX_ANNOUNCEMENTS_MAX;

/** Whether a peer of which `noted` are noted may announce `more`. `inAll`: those of all `peers`. */
export function mayAnnounce(more: number, noted: number, inAll: number, peers: number): boolean {
  if (noted + more > TX_ANNOUNCEMENTS_MAX) return false;
  return inAll + more <= TX_ANNOUNCEMENTS_IN_ALL || noted + more <= TX_ANNOUNCEMENTS_IN_ALL / peers;
}
