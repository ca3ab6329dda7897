/** As cryptographers name the parties of a protocol; also folders and words of commands. */
const NAMES = [
  "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim", "laura",
  "mallory", "niaj", "olivia", "peggy", "quinn", "rupert", "sybil", "trent", "ursula", "victor", "wendy",
  "xavier", "yves", "zoe",
] as const;

/** The name of node number `index`, from zero: after the alphabet, `alice2` and on. */
export function nodeName(index: number): string {
  const round = Math.floor(index / NAMES.length);
  return `${NAMES[index % NAMES.length]}${round === 0 ? "" : round + 1}`;
}
