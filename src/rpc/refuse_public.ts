import type { Call } from "./method.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/** Methods that would let a caller break a node of a network others depend on. */
export function refusePublic({ host }: Call, message: string): void {
  if (host.core.options.params.isPublic) throw new RpcError(RPC_CODE.misc, message);
}
