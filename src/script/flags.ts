/**
 * Which rules a script is held to. Bits and names are Bitcoin Core's (script/verify_flags).
 *
 * @module
 */

export const VERIFY_NONE = 0;
/** Pay-to-script-hash is evaluated (BIP16). */
export const VERIFY_P2SH = 1 << 0;
/** Signatures, hash types and public keys are well formed. */
export const VERIFY_STRICTENC = 1 << 1;
/** Signatures are strict DER (BIP66). */
export const VERIFY_DERSIG = 1 << 2;
/** Signatures have the lower of the two possible S (BIP62 rule 5). */
export const VERIFY_LOW_S = 1 << 3;
/** The element that OP_CHECKMULTISIG takes too much is empty (BIP147). */
export const VERIFY_NULLDUMMY = 1 << 4;
/** A scriptSig has nothing but pushes (BIP62 rule 2). */
export const VERIFY_SIGPUSHONLY = 1 << 5;
/** Pushes and numbers take the shortest form (BIP62 rules 3 and 4). */
export const VERIFY_MINIMALDATA = 1 << 6;
export const VERIFY_DISCOURAGE_UPGRADABLE_NOPS = 1 << 7;
/** Exactly one element is left (BIP62 rule 6). Needs P2SH and WITNESS. */
export const VERIFY_CLEANSTACK = 1 << 8;
/** BIP65 */
export const VERIFY_CHECKLOCKTIMEVERIFY = 1 << 9;
/** BIP112 */
export const VERIFY_CHECKSEQUENCEVERIFY = 1 << 10;
/** BIP141, BIP143 */
export const VERIFY_WITNESS = 1 << 11;
export const VERIFY_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM = 1 << 12;
/** In version 0 witness scripts OP_IF takes only nothing or 0x01. */
export const VERIFY_MINIMALIF = 1 << 13;
/** A signature that fails is empty (BIP146). */
export const VERIFY_NULLFAIL = 1 << 14;
/** Public keys in version 0 witness scripts are compressed. */
export const VERIFY_WITNESS_PUBKEYTYPE = 1 << 15;
/** OP_CODESEPARATOR and signatures inside their own script fail before segwit. */
export const VERIFY_CONST_SCRIPTCODE = 1 << 16;
/** BIP341, BIP342 */
export const VERIFY_TAPROOT = 1 << 17;
export const VERIFY_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION = 1 << 18;
export const VERIFY_DISCOURAGE_OP_SUCCESS = 1 << 19;
export const VERIFY_DISCOURAGE_UPGRADABLE_PUBKEYTYPE = 1 << 20;

/** All that consensus asks of a block today. */
export const MANDATORY_VERIFY_FLAGS =
  VERIFY_P2SH | VERIFY_DERSIG | VERIFY_NULLDUMMY | VERIFY_CHECKLOCKTIMEVERIFY |
  VERIFY_CHECKSEQUENCEVERIFY | VERIFY_WITNESS | VERIFY_TAPROOT;

/** What a transaction must satisfy to be relayed. */
export const STANDARD_VERIFY_FLAGS =
  MANDATORY_VERIFY_FLAGS | VERIFY_STRICTENC | VERIFY_MINIMALDATA | VERIFY_DISCOURAGE_UPGRADABLE_NOPS |
  VERIFY_CLEANSTACK | VERIFY_MINIMALIF | VERIFY_NULLFAIL | VERIFY_LOW_S |
  VERIFY_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM | VERIFY_WITNESS_PUBKEYTYPE | VERIFY_CONST_SCRIPTCODE |
  VERIFY_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION | VERIFY_DISCOURAGE_OP_SUCCESS |
  VERIFY_DISCOURAGE_UPGRADABLE_PUBKEYTYPE;

/** Names as Bitcoin Core's RPC and vectors write them, by bit. */
export const VERIFY_FLAG_NAMES = [
  "P2SH", "STRICTENC", "DERSIG", "LOW_S", "NULLDUMMY", "SIGPUSHONLY", "MINIMALDATA",
  "DISCOURAGE_UPGRADABLE_NOPS", "CLEANSTACK", "CHECKLOCKTIMEVERIFY", "CHECKSEQUENCEVERIFY", "WITNESS",
  "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM", "MINIMALIF", "NULLFAIL", "WITNESS_PUBKEYTYPE",
  "CONST_SCRIPTCODE", "TAPROOT", "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION", "DISCOURAGE_OP_SUCCESS",
  "DISCOURAGE_UPGRADABLE_PUBKEYTYPE",
] as const;

/** The bit of one name; `undefined` for a name that is none. */
export function verifyFlagByName(name: string): number | undefined {
  const bit = (VERIFY_FLAG_NAMES as readonly string[]).indexOf(name);
  return bit < 0 ? undefined : 1 << bit;
}

/** In the order of the alphabet, as `getdeploymentinfo` lists them. */
export function verifyFlagNames(flags: number): string[] {
  return VERIFY_FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0).sort();
}
