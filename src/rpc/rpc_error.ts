/** Bitcoin Core's codes (rpc/protocol.h). */
export const RPC_CODE = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  parse: -32700,

  misc: -1,
  type: -3,
  invalidAddressOrKey: -5,
  outOfMemory: -7,
  invalidParameter: -8,
  notConnected: -9,
  inInitialDownload: -10,
  database: -20,
  deserialization: -22,
  nodeAlreadyAdded: -23,
  nodeNotAdded: -24,
  verify: -25,
  rejected: -26,
  alreadyInUtxoSet: -27,
  inWarmup: -28,
  nodeNotConnected: -29,
  invalidIpOrSubnet: -30,
  peerToPeerDisabled: -31,
  deprecated: -32,
  mempoolDisabled: -33,
  nodeCapacityReached: -34,
  limitExceeded: -37,
} as const;

/** What a caller is told: thrown by methods and caught in request.ts only. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
