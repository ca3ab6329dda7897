/** Keeps a node connected to others of the local network. @module */
import type { Logger } from "../base/logger.ts";
import { LanPeers } from "../connections/lan_peers.ts";
import type { Command, CommandResult } from "../node/command.ts";
import { formatAddress, parseIp } from "../primitives/host_text.ts";
import { isLoopback, type NetworkAddress } from "../primitives/network_address.ts";
import { errorText } from "./errno.ts";
import { LanDiscovery, type LanPlan } from "./lan_discovery.ts";
import type { ListenAddress } from "./listener.ts";
import { SecureRng } from "./secure_rng.ts";
import { SystemClock } from "./system_clock.ts";

/** Milliseconds between looks for nodes that have fallen silent. */
const FORGET_INTERVAL_MS = 30_000;

/** The node that is to be found, and told of others. */
export interface LanNode {
  /** Where it listens for peers. */
  readonly addresses: readonly ListenAddress[];
  readonly core: { readonly options: { readonly params: { readonly magic: Uint8Array } } };
  command(command: Command): Promise<CommandResult>;
}

/** Begins to look; what cannot be is a warning, since peers may come in other ways. Returns how to stop. */
export async function joinLan(
  plan: LanPlan, node: LanNode, logger: Logger,
): Promise<() => Promise<void>> {
  const peers = new LanPeers(new SystemClock());
  const add = async (address: NetworkAddress): Promise<void> => {
    const { ok } = await node.command({ type: "add-node", address, mode: "add" });
    // One that the operator has named is not ours to remove, whoever announces it.
    if (ok) logger.info(`Found ${formatAddress(address)} on the local network`);
    else peers.refused(address);
  };
  try {
    const discovery = await LanDiscovery.open({
      ...plan, logger,
      magic: node.core.options.params.magic,
      port: portForOthers(plan, node),
      // Of no use to anyone once we are gone.
      instance: `tidings-${new SecureRng().u32().toString(16)}`,
      found(address) {
        if (peers.heard(address)) void add(address);
      },
    });
    const timer = setInterval(() => {
      for (const address of peers.forget()) void node.command({ type: "add-node", address, mode: "remove" });
    }, FORGET_INTERVAL_MS);
    logger.info("Looking for nodes on the local network (multicast DNS)");
    return async () => {
      clearInterval(timer);
      await discovery.close();
    };
  } catch (error) {
    logger.warning(`Cannot look for nodes on the local network: ${errorText(error)}`);
    return async () => {};
  }
}

/** Others cannot dial what listens for this machine only; `undefined` when there is nothing else. */
function portForOthers(plan: LanPlan, { addresses }: Pick<LanNode, "addresses">): number | undefined {
  return addresses.find(({ host }) => {
    const ip = parseIp(host);
    return plan.interface === host || ip === undefined || !isLoopback(ip);
  })?.port;
}
